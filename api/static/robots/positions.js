// What robots traded.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { count, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts, table } from "../parts/table.js";
import { money, price, word } from "./words.js";

const ROWS = 100;

const POSITIONS = [
  ["Ticket", "mono"], ["Position"], ["Opened", "small"], ["Entry", "number"], ["Exit", "number"],
  ["Profit", "number"], ["Ended by", "small"], ["Signal", "small"],
];

/** What terminals reported that they traded, with its sums. */
export async function executionsPart(signal) {
  const { executions, summary } = await get("/api/account/executions", { limit: ROWS }, signal);
  if (!executions.length) {
    return empty("No position was reported", "Robots report what they open and close to POST /api/executions.");
  }
  const rows = executions.map((one) => [
    String(one.ticket), [word(one.signal), ` ${one.symbol} ${one.timeframe}`], when(one.opened_at),
    price(one.entry_price), price(one.exit_price), profit(one),
    one.closed_at === null ? "open" : one.result ?? "–",
    one.matched ? `no. ${one.pred_id}` : "none",
  ]);
  return [sums(summary), table("Positions reported", POSITIONS, rows)];
}

function profit({ pnl, currency }) {
  if (pnl === null) return "–";
  return h(pnl < 0 ? "span.down" : "span.up", {}, [money(pnl), currency].filter(Boolean).join(" "));
}

function sums(summary) {
  const { currency } = summary;
  return h("div.body", {}, facts(
    ["Positions", `${count(summary.n_total)}, ${count(summary.n_open)} open`],
    ["Won", summary.win_rate_pct === null ? "–" : `${summary.win_rate_pct.toFixed(1)} % of ${count(summary.n_closed)}`],
    ["Profit", [money(summary.total_pnl), currency].filter(Boolean).join(" ")],
    ["Profit factor", summary.profit_factor === null ? "–" : summary.profit_factor.toFixed(2)],
    ["Days", count(summary.days)],
  ));
}
