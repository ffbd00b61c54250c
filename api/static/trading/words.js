// How money that was won or lost is written, and what was traded without shown skill.

import { h } from "../parts/dom.js";
import { isNumber, number } from "../parts/format.js";

/** An amount with its sign and colour. */
export function earned(value) {
  if (!isNumber(value)) return "–";
  const text = number(Math.abs(value));
  if (!/[1-9]/.test(text)) return text;
  return h(value < 0 ? "span.down" : "span.up", {}, `${value < 0 ? "−" : "+"}${text}`);
}

/** The mark of what followed a signal without shown skill. */
export const unproven = () => h("span.chip.warn", {}, "override: unproven");
