// All slots together, in words first.

import { h } from "../parts/dom.js";
import { ago, count, number, percent, signed, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts } from "../parts/table.js";
import { coloured, expectancy, profitFactor, sharpe, versusPrior, winRate } from "./figures.js";

const HEADLINES = {
  skilled: ["skilled", "Better than nothing, beyond chance"],
  unproven: ["unproven", "Not shown to earn anything"],
  negligible: ["negligible", "Earns too little to matter"],
  no_skill: ["no_skill", "No better than nothing"],
};

export function totalsPart({ totals, days, as_of: asOf, stale, costs }) {
  const one = totals.signals;
  if (!one?.n && !one?.n_missed) {
    return empty("Nothing was sealed in these days", "Each closed candle of an offered slot gets a signal, no trade included; the record begins with the first.");
  }
  return h("div.body.grid", {}, headline(one, days), facts(
    ["Signals sealed", count(one.n)],
    ["To buy or sell", count(one.n_directional)],
    ["Missed candles", one.n_missed ? h("span.warn", {}, count(one.n_missed)) : "0"],
    ["Coverage", percent(one.coverage)],
    ["Ended", count(one.n_resolved)],
    ["Still open", count(one.n_open)],
    ["Won", winRate(one)],
    ["Profit factor", profitFactor(one)],
    ["Mean result", expectancy(one)],
    ["In basis points", coloured(one.expectancy_bps, signed(one.expectancy_bps, 2))],
    ["Deepest fall", `${number(one.max_drawdown_r)} R`],
    ["Open positions stand at", coloured(one.open_r, signed(one.open_r, 2, " R"))],
    ["Lowest they ever did", signed(one.worst_open_r, 2, " R")],
    ["Sharpe ratio of days", sharpe(one)],
    ["Against holding", signed(one.versus_hold_bps, 2, " bps")],
    ["Chances against the class prior", versusPrior(one)],
    ["Chance of luck, all slots", percent(one.p_value_holm)],
  ), h("p.small.muted", {},
    "R is the distance of a signal's stop: lots and doubling up change nothing. Intervals are of 95%. ", costs,
    ` As of ${when(asOf)} (${ago(asOf)})${stale ? "; a newer one is being computed" : ""}.`));
}

function headline(one, days) {
  if (!one.n_directional) return abstained(days);
  const [look, words] = HEADLINES[one.verdict] ?? HEADLINES.unproven;
  return [
    h(`div.verdict.${look}`, {}, h("strong", {}, words),
      h("p", {}, `${count(one.n_resolved)} of ${count(one.n_directional)} signals to buy or sell have ended in ${days} days. A verdict needs 200, and holds however often you look.`)),
    one.verdict !== "skilled" && meanwhile(),
  ];
}

const abstained = (days) => h("div.verdict.open", {},
  h("strong", {}, `No signal to buy or sell in ${days} days`),
  h("p", {}, "A signal is given only where a walk-forward shows skill, and more is expected than trading costs. The rule is not loosened to have something to sell."),
  meanwhile());

const meanwhile = () => h("div.meanwhile", {},
  h("p", {}, "What there is meanwhile, with every signal, no trade included:"),
  h("ul", {},
    h("li", {}, "the range that the price stays in nine times out of ten, for stops and sizes of your own"),
    h("li", {}, "calibrated chances of buy, sell and neither (below: how often they came true)"),
    h("li", {}, "the regime of the market"),
    h("li", {}, "this record, sealed before the fact")));
