// What robots traded, and what copying came to.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { count, number, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts, table } from "../parts/table.js";
import { money, multiples, price, word } from "./words.js";

const ROWS = 100;

const POSITIONS = [
  ["Ticket", "mono"], ["Position"], ["Opened", "small"], ["Entry", "number"], ["Exit", "number"],
  ["Profit", "number"], ["Result", "number"], ["Slippage", "number"], ["Delay", "number"], ["Ended by", "small"],
  ["Signal", "small"],
];

/** What terminals reported that they traded, with its sums. */
export async function executionsPart(signal) {
  const { executions, summary } = await get("/api/account/executions", { limit: ROWS }, signal);
  if (!executions.length) {
    return empty("No position was reported", "Robots report what they open and close to POST /api/executions.");
  }
  const rows = executions.map((one) => [
    String(one.ticket), [word(one.signal), ` ${one.symbol} ${one.timeframe}`], when(one.opened_at),
    price(one.entry_price), price(one.exit_price), profit(one), multiples(one.r),
    unit(one.slippage_bps, 1, "bps"), unit(one.delay_s, 0, "s"),
    one.closed_at === null ? "open" : one.result ?? "–", signalOf(one),
  ]);
  return [sums(summary), copying(summary.copy), table("Positions reported", POSITIONS, rows)];
}

const unit = (value, decimals, name) => (value === null ? "–" : `${number(value, decimals)} ${name}`);

function signalOf({ matched, pred_id: id, implausible }) {
  if (!matched) return "none";
  const odd = h("span.chip.warn", { title: "Its price lies outside what the market traded: shown, not counted." }, "implausible");
  return [`no. ${id}`, implausible && [" ", odd]];
}

function profit({ pnl, currency }) {
  if (pnl === null) return "–";
  return h(pnl < 0 ? "span.down" : "span.up", {}, [money(pnl), currency].filter(Boolean).join(" "));
}

function sums(summary) {
  const { currency, by_currency: parts } = summary;
  const earned = currency || Object.keys(parts).length < 2
    ? [money(summary.total_pnl), currency].filter(Boolean).join(" ")
    : Object.entries(parts).map(([name, one]) => h("div", {}, `${money(one.total_pnl)} ${name}`));
  return h("div.body", {}, facts(
    ["Positions", `${count(summary.n_total)}, ${count(summary.n_open)} open`],
    ["Won", summary.win_rate_pct === null ? "–" : `${summary.win_rate_pct.toFixed(1)} % of ${count(summary.n_closed)}`],
    ["Profit", earned],
    ["Open ones, about", money(summary.open_pnl_estimate)],
    ["Profit factor", summary.profit_factor === null ? "–" : summary.profit_factor.toFixed(2)],
    ["Days", count(summary.days)],
  ));
}

/** What was earned less than the signals came to, and where it was lost. */
function copying(copy) {
  const { coverage } = copy;
  if (!copy.n && !coverage.signals) return null;
  const why = Object.entries(coverage.skipped).map(([name, n]) => `${name.replaceAll("_", " ")} ${count(n)}`).join(", ");
  return h("div.body.grid", {}, h("h3", {}, "Beside the signals"), facts(
    ["Gap to the record", gap(copy)],
    ["Slippage, half / nine in ten", `${number(copy.slippage_bps_p50, 1)} / ${number(copy.slippage_bps_p90, 1)} bps`],
    ["Delay, half / nine in ten", `${number(copy.delay_s_p50, 0)} / ${number(copy.delay_s_p90, 0)} s`],
    ["Followed while online", coverage.pct === null ? "–" : `${number(coverage.pct, 1)} % of ${count(coverage.signals)}`],
    why && ["Not followed because", why],
    copy.n_implausible > 0 && ["Implausible, not counted", count(copy.n_implausible)],
  ));
}

function gap({ gap_r: mean, gap_r_low: low, gap_r_high: high, n_gap: n }) {
  if (mean === null) return "no signal that has ended yet";
  const range = low === null || high === null ? "" : `, ${number(low)} to ${number(high)}`;
  return [multiples(mean), h("div.small.muted", {}, `mean of ${count(n)}${range}`)];
}
