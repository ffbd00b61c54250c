// Bars with their names and numbers, one below another.

import { h, svg } from "./dom.js";

/** A line of a list of bars. */
export const barLine = (name, picture, text) =>
  h("div", {}, h("span", {}, name), picture, h("span.number", {}, text));

/** What a bar is drawn on, 200 wide and 12 high. */
export const strip = (attributes, ...parts) =>
  svg("svg.plot", { viewBox: "0 0 200 12", preserveAspectRatio: "none", ...attributes }, parts);

/** How much of a strip is filled; `look` is a class. */
export const filled = (share, look) =>
  svg(["rect.bar", look].filter(Boolean).join("."), { y: 2, width: 200 * share, height: 8 });
