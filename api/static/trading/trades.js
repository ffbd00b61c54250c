// What ended positions came to, beside what their signals had said.

import { h } from "../parts/dom.js";
import { count, number, percent, signed, signedPercent, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts, table } from "../parts/table.js";
import { multiples, price } from "../robots/words.js";
import { earned, unproven } from "./words.js";

const COLUMNS = [
  ["Ended", "small.nowrap"], ["Trade", "nowrap"], ["Entry", "number"], ["Exit", "number"], ["By", "small"], ["Net", "number"],
  ["Costs", "number"], ["Result", "number"], ["Chance said", "number"], ["Follows", "small"],
];
const ROWS = 100;

export function tradesPart({ trades, summary }) {
  if (!trades.length) return empty("No position has ended yet", "Each one is joined to the sealed signal that it followed.");
  return [
    h("div.body", {}, facts(...figures(summary))),
    table("Trades, the newest first", COLUMNS, trades.slice(0, ROWS).map(cells)),
    trades.length > ROWS && h("p.small.muted.body", {}, `The newest ${count(ROWS)} of ${count(summary.n)}; figures are of all.`),
  ];
}

function figures(one) {
  const [low, high] = one.ci ?? [];
  const range = one.ci ? `${signed(low, 3)} to ${signed(high, 3)}` : "too few to say how sure";
  return [
    ["Trades", count(one.n)],
    ["Won", percent(one.win_rate)],
    ["Profit factor", number(one.profit_factor)],
    ["Mean result", [multiples(one.expectancy_r), h("div.small.muted", {}, range)]],
    ["Return", signedPercent(one.total_return)],
    ["Deepest fall", percent(one.max_drawdown)],
    ["Sharpe ratio of days", one.sharpe === null ? h("span.small.muted", {}, one.sharpe_reason) : number(one.sharpe)],
    one.brier !== null && ["Brier score, without skill", `${number(one.brier, 3)}, ${number(one.brier_baseline, 3)}`],
    ["Mean slippage", number(one.slippage_mean, 4)],
    one.paper_gap.n > 0 && ["Worse than on paper", [`${number(one.paper_gap.mean_bps, 2)} bp of ${one.paper_gap.n} fills`, one.paper_gap.ci
      ? h("div.small.muted", {}, `${signed(one.paper_gap.ci[0], 2)} to ${signed(one.paper_gap.ci[1], 2)}`)
      : h("div.small.muted", {}, "too few to say how sure")]],
  ];
}

function cells(one) {
  return [
    when(one.closed_at), `${one.direction} ${one.volume} ${one.symbol}`, price(one.open_price), price(one.close_price),
    one.exit.replaceAll("_", " "), earned(one.pnl.net), number(one.pnl.costs), multiples(one.pnl.r),
    one.forecast ? `${percent(one.forecast.prob_tp_first, 0)} (${percent(one.forecast.baseline, 0)})` : "–",
    [one.signal_hash ? h("span.mono", { title: one.signal_hash }, one.signal_hash.slice(0, 8)) : "no signal",
      one.override && h("div", {}, unproven())],
  ];
}
