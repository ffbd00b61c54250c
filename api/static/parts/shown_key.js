// A key that is shown this once.

import { h, show } from "./dom.js";

/** The key, and a button that copies it; `words` are those of the button. */
export function shownKey(plain, words = { copy: "Copy", copied: "Copied." }) {
  const copied = h("span.small.muted", { role: "status" });
  const copy = h("button", {
    type: "button",
    onclick: async () => {
      await navigator.clipboard.writeText(plain);
      show(copied, words.copied);
    },
  }, words.copy);
  return [h("code.mono.shown-key", { tabindex: 0 }, plain), h("p", {}, copy, " ", copied)];
}
