// Under the chart: the signals of the candles that closed last, of all markets that are watched,
// and what is missing for those that advise nothing.

import { get, offers } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { decimalsOf, number, percent, resolutionName, when } from "../parts/format.js";
import { part, keepFilled } from "../parts/kept_filled.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";

const ROUTE = "/api/signals/active";
const REFRESH_MS = 30_000;

/** The panel of active signals at the page's length of candles; the open market is among them. */
export function activePanel(series, signal) {
  const timeframe = resolutionName(series.resolution);
  const shown = part(`Active signals, ${timeframe}`, () => load(series, timeframe, signal));
  keepFilled([shown], REFRESH_MS, signal);
  return shown.panel;
}

async function load(series, timeframe, signal) {
  if (!(await offers("GET", ROUTE))) return empty("No signals here", "This process has no engine's routes.");
  const [watched, open] = await Promise.all([
    get(ROUTE, { timeframe, include: "all" }, signal),
    get(ROUTE, { timeframe, include: "all", symbols: series.symbol, platform: series.platform }, signal),
  ]);
  return content(joined(watched, open, series));
}

/** The open market first, once, under the name that users say. */
function joined(watched, open, { name, symbol, platform }) {
  const named = (one) => ({ ...one, symbol: one.symbol === symbol ? name : one.symbol });
  const others = watched.signals.filter((one) => one.platform !== platform || ![name, symbol].includes(one.symbol));
  const failed = watched.errors.filter((one) => ![name, symbol].includes(one.symbol));
  return { signals: [...open.signals.map(named), ...others], errors: [...open.errors.map(named), ...failed] };
}

function content({ signals, errors }) {
  const [given, abstained] = [signals.filter(({ tradeable }) => tradeable), signals.filter(({ tradeable }) => !tradeable)];
  return h(
    "div", {},
    given.length ? givenTable(given) : h("p.muted.small.body", {}, "No market has a signal to act on now."),
    abstained.length || errors.length ? missingTable(abstained, errors) : null,
  );
}

const GIVEN = [
  ["Market"], ["Side"], ["Entry", "number"], ["Stop", "number"], ["Target", "number"], ["Target first", "number"],
  ["Worth", "number"], ["Phase", "small"], ["Until", "mono.muted"],
];
const LOOKS = { long: "good", short: "bad" };

function givenTable(signals) {
  return table("Signals to act on", GIVEN, signals.map((one) => {
    const decimals = decimalsOf([one.entry_price, one.stop_loss, one.take_profit]);
    const prices = [one.entry_price, one.stop_loss, one.take_profit].map((price) => number(price, decimals));
    const chance = h("span", { title: `A price that goes nowhere: ${percent(one.prob_tp_first_baseline, 0)}` }, percent(one.prob_tp_first, 0));
    return [
      one.symbol, h(`span.chip.${LOOKS[one.direction] ?? "plain"}`, {}, one.direction), ...prices, chance,
      `${number(one.expected_value_r, 2)} R`, one.amd_phase, when(one.valid_until).slice(5),
    ];
  }));
}

const MISSING = [["Market"], ["Says", "nowrap"], ["What is missing", "wrap.small"]];

function missingTable(abstained, errors) {
  return table("Markets without a signal", MISSING, [
    ...abstained.map((one) => [one.symbol, h("span.chip.plain", {}, "abstains"), one.reason]),
    ...errors.map((one) => [one.symbol, h("span.chip.warn", {}, one.error.replaceAll("_", " ")), one.detail]),
  ]);
}
