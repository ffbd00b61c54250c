// How money that was won or lost is written, and what was traded without shown skill.

import { h } from "../parts/dom.js";
import { signed } from "../parts/format.js";

/** An amount with its sign and colour. */
export function earned(value) {
  const text = signed(value);
  return /^[−+]/.test(text) ? h(value < 0 ? "span.down" : "span.up", {}, text) : text;
}

/** The mark of what followed a signal without shown skill. */
export const unproven = () => h("span.chip.warn", {}, "override: unproven");
