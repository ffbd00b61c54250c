// Slots, robots and feeds at a glance.

import { h } from "../parts/dom.js";
import { ago, count } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts, table } from "../parts/table.js";

export function summaryPart({ slots, webhooks, mails, as_of: asOf, ea_health: robots }) {
  const online = robots.filter((one) => one.status === "online").length;
  return h("div.body.grid", {}, facts(
    ["Slots with a current signal", `${count(slots.active)} of ${count(slots.expected)}`],
    ["Slots that lack one", alarm(slots.stale)],
    ["Robots online", `${count(online)} of ${count(robots.length)}`],
    ["Payment events, 24 h", count(webhooks.received_24h)],
    ["Events that failed", alarm(webhooks.failed)],
    ["Of unknown product or buyer", alarm(webhooks.unmatched)],
    ["Mails that wait", count(mails.waiting)],
    ["Mails that failed", alarm(mails.failed)],
    ["As of", ago(asOf)],
  ));
}

const alarm = (number) => (number ? h("span.down", {}, count(number)) : "0");

const LOOKS = { online: "good", late: "warn", offline: "bad" };
const ROBOTS = [
  ["Account"], ["Plan", "small"], ["State"], ["Silent", "number"], ["Version", "small"], ["Clock off", "number"],
  ["Reports, 24 h", "number"], ["Followed, 7 d", "number"],
];

export function robotsPart({ ea_health: robots }) {
  if (!robots.length) return empty("No account yet", "POST /admin/keys and tickcast accounts make them; so does a payment.");
  return table("Robots of accounts", ROBOTS, robots.map((one) => [
    one.account_id ? `${one.account_id} ${one.name}` : one.name, one.tier,
    h(`span.chip.${LOOKS[one.status] ?? "note"}`, {}, one.status), minutes(one.mins_since), one.version ?? "–",
    one.clock_offset_s === null ? "–" : `${one.clock_offset_s} s`, count(one.reports_24h),
    one.copied_pct_7d === null ? "–" : `${one.copied_pct_7d.toFixed(1)} %`,
  ]));
}

function minutes(value) {
  if (value === null) return "–";
  return value < 120 ? `${value.toFixed(1)} min` : `${count(value / 60)} h`;
}

const FEEDS = [
  ["Platform"], ["Symbols", "wrap.small"], ["Newest candle", "small"], ["Broker's clock", "small"], ["Terminal's clock off", "number"],
  ["Terminals", "wrap.small"], ["Late", "wrap.small"],
];

export function feedsPart({ feeds }) {
  if (!feeds.length) return empty("No terminal feeds candles", "docs/metatrader.md tells how one does: POST /ingest/mt/{platform}.");
  return table("Feeds", FEEDS, feeds.map((one) => [
    one.platform, one.symbols.join(", "), one.last_candle ? ago(one.last_candle) : "none", clockOf(one),
    one.clock_offset_s === null ? "–" : `${one.clock_offset_s} s`,
    one.terminals.map((terminal) => h("div", {}, `${terminal.server}, build ${terminal.build}, ${ago(terminal.last_seen_at)}`)),
    one.late.length ? h("span.down", {}, one.late.join(", ")) : h("span.chip.good", {}, "none"),
  ]));
}

function clockOf({ utc_offset_s: offset, zone }) {
  if (offset === null) return "not learnt";
  return `UTC${offset < 0 ? "−" : "+"}${Math.abs(offset) / 3_600} h${zone ? `, ${zone}` : ""}`;
}
