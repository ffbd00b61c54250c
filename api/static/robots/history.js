// Signals of the last days, and what became of them.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { count, when } from "../parts/format.js";
import { empty, fillWith } from "../parts/states.js";
import { panel, table } from "../parts/table.js";
import { chance, multiples, word } from "./words.js";

const DAYS = 7;
const ROWS = 100;
const COLUMNS = [
  ["No.", "number"], ["Closed", "small"], ["Slot"], ["Signal"], ["Confidence", "number"], ["Gain by loss", "number"],
  ["Regime", "small"], ["Came", "small"], ["Result", "number"],
];
const CAME = { tp: "take profit", sl: "stop loss", time: "time", not_entered: "not entered" };

/** A panel of signals, in the form that `keepFilled` takes. */
export function historyPanel(signal) {
  const body = h("div");
  const all = h("input", { type: "checkbox" });
  const load = () => historyPart(all.checked, signal);
  all.addEventListener("change", () => fillWith(body, load, { signal }));
  const choice = h("label.check.small", {}, all, "also no trade");
  return { load, body, panel: panel(`Signals of ${DAYS} days`, body, choice) };
}

async function historyPart(holds, signal) {
  const asked = { days: DAYS, limit: ROWS, include_no_trade: holds };
  const { signals, total } = await get("/api/account/signals", asked, signal);
  if (!signals.length) return empty(...noneOf(holds));
  const rows = signals.map((one) => [
    count(one.pred_id), when(one.ts), `${one.symbol} ${one.timeframe}`, word(one.signal), chance(one.confidence),
    one.expected_rr.toFixed(2), one.regime.replace("_", " "), one.outcome ? CAME[one.outcome.exit] : "open",
    multiples(one.outcome?.r),
  ]);
  const more = total > signals.length && `The newest ${count(signals.length)} of ${count(total)}. `;
  return [
    table("Signals of late", COLUMNS, rows),
    h("p.small.muted.body", {}, more, "R is the distance of the stop; results are after costs. Of no trade it is what its side would have had."),
  ];
}

const noneOf = (holds) =>
  holds
    ? ["No signal in these days", "Each closed candle of your slots gets one, no trade included."]
    : ["Nothing to buy or sell in these days",
      "A signal is given only where skill is shown and more is expected than it costs. No trade is an answer, too: tick the box to see those."];
