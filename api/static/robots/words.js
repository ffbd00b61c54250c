// How robots' signals, prices and money are written.

import { h } from "../parts/dom.js";

const WORDS = { BUY: "good", SELL: "bad", NO_TRADE: "note" };

export const chance = (value) => `${(100 * value).toFixed(1)} %`;
export const price = (value) => (value === null ? "–" : String(value));
export const money = (value) => (value === null ? "–" : value.toFixed(2).replace("-", "−"));
export const word = (signal) => h(`span.chip.${WORDS[signal]}`, {}, signal.replace("_", " "));

/** A result in multiples of what was risked, with its sign. */
export function multiples(value) {
  if (value === null || value === undefined) return "–";
  const text = `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)} R`;
  return h(value < 0 ? "span.down" : "span.up", {}, text);
}
