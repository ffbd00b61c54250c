// Tables and lists of facts, which all pages are full of.

import { h } from "./dom.js";

/**
 * A table that scrolls by itself, also by keyboard. Columns are [title, classes], such as
 * ["Price", "number"]; a row is a list of contents, one for each column.
 */
export function table(label, columns, rows) {
  return scrolling(label, columns, rows.map((cells) => row(columns, cells)));
}

/** The same from rows that are elements already. */
export function scrolling(label, columns, rows) {
  return h(
    "div.scroll", { tabindex: 0, role: "region", "aria-label": label },
    h("table", {}, head(columns), h("tbody", {}, rows)),
  );
}

export function row(columns, cells) {
  return h("tr", {}, cells.map((content, i) => h(["td", columns[i][1]].filter(Boolean).join("."), {}, content)));
}

function head(columns) {
  const titles = columns.map(([title, classes = ""]) => {
    const name = classes.includes("number") ? "th.number" : "th";
    return h(name, { scope: "col" }, title || h("span.hidden-text", {}, "Action"));
  });
  return h("thead", {}, h("tr", {}, titles));
}

/** Names with their values; pairs that are false are left out. */
export function facts(...pairs) {
  const shown = pairs.filter(Boolean);
  return h("dl.facts", {}, shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** A titled box. */
export function panel(title, content, ...end) {
  const header = h("header", {}, h("h2", {}, title), end.length ? h("span.end", {}, end) : null);
  return h("section.panel", { "aria-label": title }, header, content);
}
