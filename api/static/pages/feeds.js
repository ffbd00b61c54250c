// Feeds as they are right now: how many trades a second, and how late they come.

import { h, show } from "../parts/dom.js";
import { number, span, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { LiveStream } from "../parts/stream.js";
import { panel, table } from "../parts/table.js";

const WINDOW_S = 10;
const MARKETS = 100;

export function feedsPanel(markets, signal) {
  const state = h("span.small.muted");
  const body = h("div");
  const feeds = new Map(markets.slice(0, MARKETS).map((one) => [nameOf(one), newFeed(one)]));
  if (!feeds.size) show(body, noFeed());
  else listen(feeds, body, state, signal);
  return panel("Feeds", body, state);
}

const newFeed = (market) => ({ market, seconds: new Map(), last: null, lag: null });

const noFeed = () =>
  empty("No live feed yet", "Push trades to POST /ingest/{platform} or start the collector; their rate and lag show here.");

function listen(feeds, body, state, signal) {
  const stream = new LiveStream((message) => take(feeds.get(nameOf(message)), message.trades), (text) => show(state, text));
  const platforms = Map.groupBy([...feeds.values()].map(({ market }) => market), ({ platform }) => platform);
  for (const [platform, markets] of platforms) {
    stream.subscribe({ platform, symbols: markets.map(({ symbol }) => symbol), channels: ["trades"] });
  }
  const draw = () => show(body, feedTable(feeds));
  draw();
  const timer = setInterval(draw, 1_000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    stream.close();
  }, { once: true });
}

const nameOf = ({ platform, symbol }) => `${platform}:${symbol}`;

function take(feed, trades) {
  if (!feed || !trades?.length) return;
  const second = Math.floor(Date.now() / 1_000);
  feed.seconds.set(second, (feed.seconds.get(second) ?? 0) + trades.length);
  feed.last = trades.at(-1).time;
  feed.lag = Date.now() - Date.parse(feed.last);
}

function rateOf(feed) {
  const now = Math.floor(Date.now() / 1_000);
  let total = 0;
  for (const [second, count] of feed.seconds) {
    if (second < now - WINDOW_S) feed.seconds.delete(second);
    else if (second < now) total += count;
  }
  return total / WINDOW_S;
}

const COLUMNS = [["Market"], ["Trades", "number"], ["Lag", "number"], ["Last trade", "small.mono"]];

function feedTable(feeds) {
  return table("Live feeds", COLUMNS, [...feeds.values()].map((feed) => {
    const rate = rateOf(feed);
    const { platform, symbol } = feed.market;
    return [
      [h(`span.dot.${rate ? "good" : "warn"}`), ` ${platform} ${symbol}`], `${number(rate, 1)}/s`,
      feed.lag === null ? "–" : lagText(feed.lag), feed.last ? when(feed.last, true) : "none since this page opened",
    ];
  }));
}

const lagText = (ms) => (Math.abs(ms) < 10_000 ? `${number(ms, 0)} ms` : span(ms / 1_000));
