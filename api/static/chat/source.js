// Where a value is from: the field of what was looked up, and the row, card or order behind it.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { fillWith } from "../parts/states.js";
import { facts } from "../parts/table.js";

// Lists that an answer may hold its rows in.
const ROWS = ["signals", "rows", "orders", "decisions", "positions"];
const MOST = 60;

export function showSource(citation, call, signal) {
  const behind = h("div", {});
  const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const given = call ? Object.values(call.arguments).join(", ") : "";
  const dialog = h("dialog.source", { "aria-label": `Where ${citation.text} is from` }, h(
    "div", {},
    h("div.row", {}, h("h2", {}, `Where ${citation.text} is from`), h("span.end", {}, close)),
    facts(
      ["Value", String(citation.value)], ["Field", citation.path],
      call && ["Looked up by", `${call.name}${given ? ` (${given})` : ""}`], ["Statement", citation.statement],
    ),
    citation.href ? h("p.small.muted.mono", {}, citation.href) : h("p.muted", {}, "There is no page behind it."),
    behind,
  ));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  if (citation.href) fillWith(behind, async () => shown(await get(citation.href, {}, signal)), { signal });
}

function shown(answer) {
  const data = answer.data ?? answer;
  const list = ROWS.find((name) => Array.isArray(data[name]) && data[name].length === 1);
  const pairs = flat(list ? data[list][0] : data);
  return h("div", { tabindex: 0, role: "region", "aria-label": "What stands there" }, facts(...pairs.slice(0, MOST)));
}

/** Names and values of an answer, those of its parts by their path; lists by their length. */
function flat(value, path = "") {
  return Object.entries(value).flatMap(([name, one]) => {
    const where = path ? `${path}.${name}` : name;
    if (Array.isArray(one)) return [[where, one.every(isPlain) && one.length < 5 ? one.join(", ") : `${one.length} items`]];
    return one !== null && typeof one === "object" ? flat(one, where) : [[where, one === null ? "–" : String(one)]];
  });
}

const isPlain = (value) => value === null || typeof value !== "object";
