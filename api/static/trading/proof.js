// Whether all that the page shows follows from what was recorded.

import { get } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { count } from "../parts/format.js";
import { failure, loading } from "../parts/states.js";
import { panel, table } from "../parts/table.js";

export function verifyPanel(signal) {
  const found = h("div", { role: "status" });
  const button = h("button", { type: "button", onclick: verify }, "Compute all anew");
  return panel("Proof", h("div.body.grid", {},
    h("p.small.muted", {}, "Takes every step of the account again from its recorded inputs, and compares each event byte for byte."),
    h("div.row", {}, button), found));

  async function verify() {
    button.disabled = true;
    show(found, loading("Computing…"));
    try {
      show(found, verdict(await get("/api/v1/auto-trade/verify", {}, signal)));
    } catch (error) {
      if (!signal.aborted) show(found, failure(error));
    }
    button.disabled = false;
  }
}

function verdict({ ok, replayed, head, differences, market, chain_ok: chain, chain_reason: reason }) {
  return [
    h("p", {}, h(`span.chip.${ok ? "good" : "bad"}`, {}, ok ? "as recorded" : "differs"),
      ` ${count(replayed)} events computed anew.`, !chain && ` The chain of orders does not hold: ${reason}.`),
    market && h("p.small", {}, `${count(market.same)} of ${count(market.compared)} prices that filled something are those that are `
      + `still held; ${count(market.not_held)} are not held any more, or of candles.`),
    head && h("p.small.muted.mono.hash", {}, `head ${head}`),
    differences.length > 0 && table("Differences", [["Row", "number"], ["What differs", "wrap"]],
      differences.map((one) => [count(one.number), one.reason])),
  ];
}
