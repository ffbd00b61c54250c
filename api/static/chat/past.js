// What was asked before: opened, or forgotten.

import { get, remove } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { ago } from "../parts/format.js";
import { empty, fillWith } from "../parts/states.js";
import { panel } from "../parts/table.js";

const KEPT = "/api/v1/conversations";
const SHOWN = 50;

/** `open(id)` shows one, `begin()` a new one, `forgot(id)` is told of one that is gone. */
export function pastPanel({ open, begin, forgot, signal }) {
  const list = h("div", {});
  let chosen = null;
  const mark = () => {
    for (const item of list.querySelectorAll("li")) {
      item.classList.toggle("chosen", item.dataset.id === chosen);
      item.querySelector(".title").setAttribute("aria-current", String(item.dataset.id === chosen));
    }
  };
  const forget = async (id) => {
    await remove(`${KEPT}/${encodeURIComponent(id)}`).catch(() => null);
    forgot(id);
    refresh();
  };
  const item = (one) => h(
    "li", { "data-id": one.id },
    h("button.title", { type: "button", title: `${one.title} (${ago(one.updated_at)})`, onclick: () => open(one.id) }, one.title),
    h("button.quiet.small", { type: "button", "aria-label": `Forget: ${one.title}`, onclick: () => forget(one.id) }, "Forget"),
  );
  const fill = async () => {
    const page = await get(KEPT, { limit: SHOWN }, signal);
    if (!page.conversations.length) return empty("Nothing yet", `What you ask is kept for ${page.kept_days} days, for you alone.`);
    return h("ul", {}, page.conversations.map(item));
  };
  const refresh = async () => {
    await fillWith(list, fill, { signal, quiet: list.childElementCount > 0 });
    mark();
  };
  const anew = h("button.small", { type: "button", onclick: begin }, "New");
  const element = panel("Conversations", list, anew);
  element.classList.add("past");
  refresh();
  return {
    panel: element,
    refresh,
    choose: (id) => {
      chosen = id;
      mark();
    },
  };
}
