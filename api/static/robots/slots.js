// Which signals are offered now.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { ago, count } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { chance, price, word } from "./words.js";

const SLOTS = [
  ["Slot"], ["Signal"], ["Buy", "number"], ["Sell", "number"], ["Neither", "number"],
  ["Take profit", "number"], ["Stop loss", "number"], ["Closed", "small"], ["Verdict", "wrap.small"],
];

/** The newest signal of each slot that the key may see; `none` says what to do where there is none. */
export async function slotsPart(signal, none) {
  const scan = await get("/api/scan", { include_stale: "true" }, signal);
  if (!scan.items.length) {
    return empty("No signal is sealed yet", none);
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
