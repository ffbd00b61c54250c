// A choice of many by typing a part of the name.

import { h } from "./dom.js";

let lists = 0;

/**
 * A field with the names that match what is typed; `chose(name)` is called once it is one of them.
 * Left with any other text, it shows the one chosen before.
 */
export function searchBox(label, names, chosen, chose, attributes = {}) {
  const id = `names-${(lists += 1)}`;
  const known = new Set(names);
  const input = h("input.search", {
    list: id, "aria-label": label, value: chosen ?? "", title: chosen, placeholder: "Search…", autocomplete: "off",
    spellcheck: "false", size: sizeOf(chosen ?? ""), ...attributes,
  });
  let current = chosen ?? "";
  const take = () => {
    if (!known.has(input.value) || input.value === current) return;
    current = input.title = input.value;
    chose(current);
  };
  input.addEventListener("focus", () => {
    // All names are listed, not the one alone that is there already.
    input.placeholder = current;
    input.value = "";
  });
  input.addEventListener("input", take);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || known.has(input.value) || !input.value) return;
    const found = names.find((name) => name.toLowerCase().includes(input.value.toLowerCase()));
    if (!found) return;
    event.preventDefault();
    input.value = found;
    take();
  });
  input.addEventListener("blur", () => { input.value = current; });
  return h("span.search-box", {}, input, h("datalist", { id }, names.map((name) => h("option", { value: name }))));
}

const LONGEST = 34;
const sizeOf = (text) => Math.max(14, Math.min(LONGEST, text.length + 1));
