// Market: one series, live, with what is forecast for it and what is wrong with it.

import { PHASES } from "../charts/phases.js";
import { activePanel } from "../market/active.js";
import { dateJump, logBox } from "../market/chart_tools.js";
import { DepthPanel } from "../market/depth.js";
import { PhasePanel } from "../market/phase.js";
import { CandleData } from "./candle_data.js";
import { h, show } from "../parts/dom.js";
import { ForecastPanel } from "../market/forecast.js";
import { MarketChart } from "../charts/market_chart.js";
import { Findings } from "../market/findings.js";
import { keepAge, showAge, showChange } from "../market/freshness.js";
import { livePulse } from "../market/live_pulse.js";
import { tapePanel } from "../market/tape.js";
import { MARKS } from "../charts/marks.js";
import { count, number, when } from "../parts/format.js";
import { chosenSeries, heldSeries, notHeld, rememberSeries, seriesPicker } from "../parts/held.js";
import { empty, loading, showFailure } from "../parts/states.js";
import { LiveStream } from "../parts/stream.js";
import { table } from "../parts/table.js";
import { watchButton } from "./watching.js";

// Forecasts are made within seconds of a close.
const FORECAST_MS = 6_000;
const PRICES = ["open", "high", "low", "close"];

export async function open(main, parameters, signal) {
  show(main, h("h1.hidden-text", {}, "Market"), loading("Asking which candles there are…"));
  const held = await heldSeries(signal);
  if (!held.length) {
    return show(main, h("h1.hidden-text", {}, "Market"), h("section.panel", {}, noCandles()));
  }
  let leave = null;
  const chosen = chosenSeries(held, parameters);
  if (!chosen) return show(main, h("h1.hidden-text", {}, "Market"), notHeld(held, parameters, choose));
  choose(chosen);

  function choose(series) {
    leave?.abort();
    leave = new AbortController();
    signal.addEventListener("abort", () => leave.abort(), { once: true });
    rememberSeries("market", series);
    const picker = seriesPicker(held, series, choose);
    showMarket(main, { ...series, tradedUntil: newestOf(held, series) }, picker, leave.signal).catch((error) => {
      if (error.name !== "AbortError") showFailure(main, error, () => choose(series), leave.signal);
    });
  }
}

/** The opening of the newest candle of a market, of whichever length. */
const newestOf = (held, { platform, symbol }) => held
  .filter((one) => one.platform === platform && one.symbol === symbol)
  .map(({ last }) => last).reduce((one, other) => (Date.parse(one) > Date.parse(other) ? one : other));

const noCandles = () =>
  empty("No candles yet",
    "Fetch some from an exchange (POST /ingest/kline), send your own (POST /ingest/candles), or let make demo do it.",
    h("a", { href: "/docs" }, "How to bring candles in"));

async function showMarket(main, series, picker, signal) {
  const view = makeView(series, picker, signal);
  show(main, h("h1.hidden-text", {}, "Market"), view.head, view.body);
  show(view.chartHolder, loading("Loading candles…"));
  const data = new CandleData(series, signal);
  await data.start();
  if (!data.candles.length) return show(view.chartHolder, empty("No candles in this series", "They were deleted meanwhile."));
  const element = h("div.chart");
  show(view.chartHolder, element, view.readout);
  const chart = new MarketChart(element, signal, `Candles of ${series.name}`);
  chart.draw(data.candles, series.resolution, true);
  keepOlderComing(chart, data, view);
  show(view.tools, chart.studies.element, logBox(chart), dateJump(data, chart, () => showLegend(view, data)));
  chart.onPoint((time) => showReadout(view, data, chart, time));
  showQuote(view, data, chart);
  keepAge(view.age, series, data, signal);
  const findings = new Findings(series, chart, view, signal);
  view.forecast = new ForecastPanel(series, chart, data, signal);
  view.phase = new PhasePanel(series, chart, data, signal);
  view.depth = new DepthPanel();
  show(view.side, view.forecast.element, view.phase.element, view.depth.element, tapePanel(series, view, signal));
  show(view.below, activePanel(series, signal), findings.element);
  goLive(view, data, chart, findings, signal);
}

function makeView(series, picker, signal) {
  const view = {
    price: h("span.price", { "data-live": "price" }), change: h("span"), age: h("span.row.small", { role: "status" }),
    live: h("span.row", { role: "status" }),
    chartHolder: h("div.chart-box"), readout: h("div.readout", { "aria-hidden": "true" }),
    legend: h("div.legend"), table: h("div"), below: h("div.grid"),
    side: h("aside", { "aria-label": "Forecast, phase, order book and trades" }),
  };
  const newest = h("button.small", { type: "button", onclick: () => view.chart?.showNewest() }, "Newest");
  view.tools = h("div.chart-foot.row.tools");
  view.head = h("div.market-head", {}, picker, h("div.quote", {}, view.price, view.change), view.age, view.live, watchButton(series, signal));
  view.options = h("span.end", {}, newest);
  view.body = h(
    "div.market", {},
    h("div.grid", {}, h("section.panel", { "aria-label": `Chart of ${series.name}` }, view.chartHolder, view.tools,
      h("div.chart-foot.row", {}, view.legend, view.options),
      h("details.chart-foot", { ontoggle: (event) => event.target.open && view.fillTable?.() },
        h("summary", {}, "The newest candles as a table"), view.table)), view.below),
    view.side,
  );
  return view;
}

function keepOlderComing(chart, data, view) {
  chart.onNearOldest(async () => {
    try {
      if (await data.older()) chart.draw(data.candles, data.series.resolution);
      showLegend(view, data);
    } catch (error) {
      // The next move of the view asks again.
      if (error.name !== "AbortError") data.failed = error;
    }
  });
}

function showQuote(view, data, chart) {
  const { last } = data;
  view.chart = chart;
  view.fillTable = () => show(view.table, candleTable(data, chart.decimals));
  show(view.price, number(last.close, chart.decimals));
  showChange(view.change, data);
  showReadout(view, data, chart, null);
  showLegend(view, data);
}

function showReadout(view, data, chart, time) {
  const place = time === null ? -1 : data.candles.findLastIndex((one) => one.time === time);
  const candle = time === null ? data.last : data.candles[place];
  if (!candle) return show(view.readout, h("span", {}, when(time), " forecast"));
  const part = (name, value) => h("span", {}, h("b", {}, `${name} `), value);
  const prices = PRICES.map((name) => part(name[0].toUpperCase(), number(candle[name], chart.decimals)));
  const flags = candle.flags.length ? h("span.warn", {}, candle.flags.join(", ").replaceAll("_", " ")) : null;
  show(view.readout, h("span", {}, when(candle.time)), prices, part("V", number(candle.volume, 2)), flags);
}

function showLegend(view, data) {
  const counts = data.flagCounts();
  const marked = MARKS.filter((name) => counts[name]).map((name) =>
    h("span", {}, h(`i.key.${name}`), `${name} ${count(counts[name])}`));
  show(view.legend,
    h("span", {}, `${count(data.candles.length)} candles loaded`), marked,
    h("span", {}, h("i.key.hole"), "candles missing"),
    h("span", {}, h("i.key.band"), "80% interval"), h("span", {}, h("i.key.wide"), "95% interval"),
    Object.keys(PHASES).map((name) => h("span", {}, h(`i.key.phase.${name}`), name)));
}

const COLUMNS = [
  ["Opened", "mono"], ["Open", "number"], ["High", "number"], ["Low", "number"], ["Close", "number"],
  ["Volume", "number"], ["Flags"],
];

function candleTable({ candles }, decimals) {
  return table("Newest candles", COLUMNS, candles.slice(-50).toReversed().map((one) => [
    when(one.time), ...PRICES.map((name) => number(one[name], decimals)), number(one.volume, 2), one.flags.join(" "),
  ]));
}

function goLive(view, data, chart, findings, signal) {
  const { platform, symbol, resolution } = data.series;
  const pulse = livePulse(view.live, signal);
  const stream = new LiveStream((message) => {
    if (message.channel === "candles" && message.resolution === resolution) takeCandle(message.candle);
    else if (message.channel === "trades") {
      pulse.heard();
      view.tape?.(message.trades);
    } else if (message.channel === "anomalies") findings.add(message.anomaly);
    // Candles, trades and anomalies are told of every market that is held: only a book may not be.
    else if (message.type === "error") view.depth.refuse(message.detail);
    else if (message.channel === "orderbook") view.depth.take(message.data);
  }, pulse.state);
  const channels = ["candles", "trades", "anomalies"];
  stream.subscribe({ platform, symbols: [symbol], channels, resolutions: [resolution] });
  stream.subscribe({ platform, symbols: [symbol], channels: ["orderbook"] });
  signal.addEventListener("abort", () => stream.close(), { once: true });

  function afterClose() {
    view.forecast.draw(true);
    view.phase.load(true);
  }
  function takeCandle(candle) {
    const before = data.last.time;
    const taken = data.take(candle);
    if (!taken) return;
    chart.update(taken.candle, taken.newest);
    if (taken.newest) showQuote(view, data, chart);
    if (taken.newest && data.series.stale) {
      data.series.stale = false;
      showAge(view.age, data.series);
    }
    // At a close, forecasts of the next candle are made, and the phase is another.
    if (data.last.time > before) setTimeout(() => signal.aborted || afterClose(), FORECAST_MS);
  }
}
