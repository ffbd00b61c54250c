// Feeds as they are right now: how many trades a second, and how late they come.

import { h, show } from "./dom.js";
import { number, span, when } from "./format.js";
import { empty } from "./states.js";
import { LiveStream } from "./stream.js";

const WINDOW_S = 10;
const MARKETS = 100;

export function feedsPanel(markets, signal) {
  const state = h("span.end.small.muted");
  const body = h("div");
  const feeds = new Map(markets.slice(0, MARKETS).map((one) => [nameOf(one), { market: one, seconds: new Map(), last: null, lag: null }]));
  if (!feeds.size) show(body, empty("No live feed yet", "Push trades to POST /ingest/{platform} or start the collector; their rate and lag show here."));
  else listen(feeds, body, state, signal);
  return h("section.panel", { "aria-label": "Feeds" }, h("header", {}, h("h2", {}, "Feeds"), state), body);
}

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

function feedTable(feeds) {
  const rows = [...feeds.values()].map((feed) => {
    const rate = rateOf(feed);
    return h("tr", {}, h("td", {}, h(`span.dot.${rate ? "good" : "warn"}`), ` ${feed.market.platform} ${feed.market.symbol}`),
      h("td.number", {}, `${number(rate, 1)}/s`), h("td.number", {}, feed.lag === null ? "–" : lagText(feed.lag)), h("td.small.mono", {}, feed.last ? when(feed.last, true) : "none since this page opened"));
  });
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Live feeds" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Market"), h("th.number", { scope: "col" }, "Trades"), h("th.number", { scope: "col" }, "Lag"), h("th", { scope: "col" }, "Last trade"))), h("tbody", {}, rows)));
}

const lagText = (ms) => (Math.abs(ms) < 10_000 ? `${number(ms, 0)} ms` : span(ms / 1_000));
