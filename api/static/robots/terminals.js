// Which terminals are there.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { ago, count } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";

const TERMINALS = [
  ["Terminal"], ["State"], ["Seen", "small"], ["Version", "small"], ["Broker's clock", "small"],
  ["Open positions", "number"],
];
const STATES = { online: "good", late: "warn", offline: "bad" };

/** The terminals that robots run on. */
export async function terminalsPart(signal) {
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
