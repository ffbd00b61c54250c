// Where the chains end, for everybody to pin.

import { h } from "../parts/dom.js";
import { count } from "../parts/format.js";
import { facts } from "../parts/table.js";

export function headPart({ ledger_head: head }) {
  const long = (text) => h("code.mono.hash", {}, text || "none yet");
  return h("div.body.grid", {},
    h("p", {}, "Each row carries the hash of the one before. Keep these heads: with them, anybody sees whether a row was changed, removed or added afterwards."),
    facts(
      ["Signals sealed, ever", count(head.count)], ["Their head", long(head.hash)],
      ["Outcomes and misses", count(head.events)], ["Their head", long(head.events_hash)],
    ));
}
