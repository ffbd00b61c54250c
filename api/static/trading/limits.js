// How much of what orders are held to is used.

import { barLine, filled, strip } from "../parts/bars.js";
import { h } from "../parts/dom.js";
import { count, number, percent } from "../parts/format.js";
import { facts } from "../parts/table.js";

export function limitsPart({ limits, used, stopping }) {
  const bars = [
    ["Trades today", used.trades_today, limits.trades_a_day, count],
    ["Open positions", used.open_positions, limits.open_positions, count],
    ["Exposure", used.gross, limits.gross, percent],
    ["Loss of the day", used.daily_loss, limits.daily_loss, percent],
    ["Below the peak", used.drawdown, limits.drawdown, percent],
  ];
  return h("div.body.grid", {}, h("div.bars.limits", {}, bars.map(bar)), facts(
    ["Risk of a trade", percent(limits.risk_per_trade)],
    ["Worth of an order", percent(limits.notional)],
    ["Of one market", percent(limits.per_symbol)],
    ["Orders a minute", count(limits.orders_a_minute)],
    ["Stops by itself", stopping ? rule(stopping) : "no rule was stated"],
  ));
}

function rule({ max_drawdown: fall, min_brier_skill: skill, by_trades: by, trades, drawdown, brier_skill: measured, broken }) {
  const parts = [
    fall !== null && `at ${percent(fall)} below its peak (${percent(drawdown)} now)`,
    skill !== null && `below a Brier skill of ${number(skill)} after ${count(by)} trades (${number(measured)} after ${count(trades)} now)`,
  ].filter(Boolean);
  return [parts.join(", or ") || "the rule asks for nothing", broken && h("div.small.down", {}, broken)];
}

function bar([name, used, limit, show]) {
  const share = limit > 0 ? Math.min(1, used / limit) : 1;
  const look = share >= 1 ? "down" : share >= 0.8 ? "warn" : "calm";
  const drawing = strip({ "aria-hidden": "true" }, filled(1, "pale"), filled(share, look));
  return barLine(name, drawing, `${show(used)} of ${show(limit)}`);
}
