// Robots: which signals are offered, which terminals are there, what they traded.

import { get } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { ago, count, when } from "../parts/format.js";
import { keepFilled, part } from "../parts/kept_filled.js";
import { empty } from "../parts/states.js";
import { facts, table } from "../parts/table.js";

const REFRESH_MS = 5_000;
const ROWS = 100;

export async function open(main, parameters, signal) {
  const parts = {
    slots: part("Signals offered", () => slotsPart(signal)),
    terminals: part("Terminals", () => terminalsPart(signal)),
    executions: part("Positions", () => executionsPart(signal)),
  };
  show(
    main, h("h1.hidden-text", {}, "Robots"), parts.slots.panel, parts.terminals.panel,
    parts.executions.panel,
  );
  await keepFilled(Object.values(parts), REFRESH_MS, signal);
}

const chance = (value) => `${(100 * value).toFixed(1)} %`;
const price = (value) => (value === null ? "–" : String(value));
const money = (value) => (value === null ? "–" : value.toFixed(2));
const WORDS = { BUY: "good", SELL: "bad", NO_TRADE: "note" };
const word = (signal) => h(`span.chip.${WORDS[signal]}`, {}, signal.replace("_", " "));

const SLOTS = [
  ["Slot"], ["Signal"], ["Buy", "number"], ["Sell", "number"], ["Neither", "number"],
  ["Take profit", "number"], ["Stop loss", "number"], ["Closed", "small"], ["Verdict", "wrap.small"],
];

async function slotsPart(signal) {
  const scan = await get("/api/scan", { include_stale: "true" }, signal);
  if (!scan.items.length) {
    const text = "TICKCAST_SIGNAL_MARKETS names markets whose signals are sealed at each candle's close.";
    return empty("No signal is sealed yet", text);
  }
  const rows = scan.items.map((item) => [
    `${item.symbol} ${item.timeframe}`,
    item.stale ? h("span.chip.warn", {}, "old") : word(item.signal),
    chance(item.prob_buy), chance(item.prob_sell), chance(item.prob_no),
    price(item.tp), price(item.sl), ago(item.ts), item.verdict.replace("_", " "),
  ]);
  return [
    table("Signals by slot", SLOTS, rows),
    h("p.small.muted.body", {}, `${count(scan.count)} shown, ${count(scan.stale_slots)} without a current signal.`),
  ];
}

const TERMINALS = [
  ["Terminal"], ["State"], ["Seen", "small"], ["Version", "small"], ["Broker's clock", "small"],
  ["Open positions", "number"],
];
const STATES = { online: "good", late: "warn", offline: "bad" };

async function terminalsPart(signal) {
  const { terminals } = await get("/api/account/terminals", {}, signal);
  if (!terminals.length) {
    return empty("No terminal was seen", "A robot is seen with its first scan, report or heartbeat.");
  }
  return table("Terminals seen", TERMINALS, terminals.map((one) => [
    terminalName(one), h(`span.chip.${STATES[one.status] ?? "note"}`, {}, one.status), ago(one.last_seen_at),
    [one.platform?.toUpperCase(), one.version, one.build && `build ${one.build}`].filter(Boolean).join(" · ") || "–",
    one.utc_offset_s === null ? "–" : `UTC${one.utc_offset_s < 0 ? "−" : "+"}${Math.abs(one.utc_offset_s) / 3_600} h`,
    one.open_positions === null ? "–" : count(one.open_positions),
  ]));
}

function terminalName({ account_id: account, server, login_hint: login, demo }) {
  const whose = account === null ? "owner" : `account ${account}`;
  const name = server === null ? "any caller" : `${server} ${login ?? ""}`;
  return `${name} (${[whose, demo && "demo"].filter(Boolean).join(", ")})`;
}

const POSITIONS = [
  ["Ticket", "mono"], ["Position"], ["Opened", "small"], ["Entry", "number"], ["Exit", "number"],
  ["Profit", "number"], ["Ended by", "small"], ["Signal", "small"],
];

async function executionsPart(signal) {
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
