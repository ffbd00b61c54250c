// Whether the robot calls, gets what it should, and what its user can look at alone.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { ago, count, span } from "../parts/format.js";
import { facts, table } from "../parts/table.js";

const LIGHTS = { online: "good", late: "warn", offline: "bad", never: "" };
const WORDS = {
  online: "Your robot is online", late: "Your robot is late", offline: "Your robot is silent",
  never: "Your robot has never called",
};
const NAMES = {
  seen_today: "Called within a day", clock: "Clock of its computer", reports: "Reports what it trades",
  symbols: "Symbols are known here", expires: "Plan goes on",
};

export async function robotPart(signal) {
  const status = await get("/api/ea-status", {}, signal);
  const { slot_coverage: slots, last_heartbeat: last } = status;
  return [
    h("div.body.grid", {},
      h("p.light", { role: "status" },
        h(`span.dot.${LIGHTS[status.status] || "none"}`, { "aria-hidden": "true" }), h("strong", {}, WORDS[status.status])),
      facts(
        ["Last call", last ? ago(last) : "never"],
        ["Slots with a current signal", `${count(slots.active)} of ${count(slots.expected)}`],
        ["To buy or sell, 24 h", count(status.recent_signals_24h)],
        ["Newest signal", status.lag_minutes === null ? "none yet" : `${span(60 * status.lag_minutes)} ago`],
      ),
      h("ul.checks", { "aria-label": "Checks" }, status.checks.map(check))),
    status.stale.length ? staleTable(status.stale) : null,
  ];
}

function check({ name, ok, hint }) {
  return h("li", {},
    h(`span.chip.${ok ? "good" : "warn"}`, {}, ok ? "ok" : "look"),
    h("div", {}, h("strong", {}, NAMES[name] ?? name), hint && h("p.small", {}, hint)));
}

function staleTable(stale) {
  const rows = stale.map((one) => [`${one.symbol} ${one.timeframe}`, ago(one.since), one.why]);
  return table("Slots without a current signal", [["Without a signal"], ["Since", "small"], ["Why", "wrap.small"]], rows);
}
