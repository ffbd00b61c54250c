// How money that was won or lost is written.

import { h } from "../parts/dom.js";
import { isNumber, number } from "../parts/format.js";

/** An amount with its sign and colour. */
export function earned(value) {
  if (!isNumber(value)) return "–";
  const text = number(Math.abs(value));
  if (!/[1-9]/.test(text)) return text;
  return h(value < 0 ? "span.down" : "span.up", {}, `${value < 0 ? "−" : "+"}${text}`);
}
