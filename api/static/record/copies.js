// What robots of subscribers made of the signals, all of them together.

import { h } from "../parts/dom.js";
import { count, number, percent, signed } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts } from "../parts/table.js";
import { coloured } from "./figures.js";

export function copiesPart({ totals: { executions: one } }) {
  if (!one) {
    return empty("Not shown of so few", "From 5 subscribers and 20 positions on: nobody's account can be read off these figures.");
  }
  const skipped = Object.entries(one.skipped).map(([why, n]) => `${why.replaceAll("_", " ")} ${count(n)}`).join(", ");
  return h("div.body.grid", {}, facts(
    ["Positions", count(one.n)],
    ["Subscribers", count(one.subscribers)],
    ["Profit factor", number(one.pf)],
    ["Won", percent(one.win_rate)],
    ["Mean result", coloured(one.expectancy_r, signed(one.expectancy_r, 3, " R"))],
    ["Gap to the record", coloured(one.gap_r, signed(one.gap_r, 3, " R"))],
    ["Slippage, half of them", `${number(one.slippage_bps_p50)} bps`],
    ["nine in ten", `${number(one.slippage_bps_p90)} bps`],
    ["Delay, half of them", `${number(one.delay_s_p50, 0)} s`],
    ["nine in ten", `${number(one.delay_s_p90, 0)} s`],
    ["Signals followed", one.copied_pct === null ? "–" : `${number(one.copied_pct, 1)} %`],
    ["Not followed because", skipped || "–"],
  ));
}
