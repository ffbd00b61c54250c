// Who answers: the built-in narrator, or a model, and whether that is there.

import { health } from "../parts/api.js";
import { h, show } from "../parts/dom.js";

export function whoAnswers(signal) {
  const element = h("span", { role: "status" });
  health("/api/v1/health").then((found) => {
    if (!signal.aborted) show(element, chips(found));
  }).catch(() => null);
  return element;
}

function chips({ llm_provider: provider, model, reasons }) {
  if (!provider) return null;
  if (provider === "builtin") return h("span.chip", { title: `No model: ${model}` }, "built-in narrator");
  const away = reasons?.model;
  return [
    h("span.chip.note", {}, `${provider}: ${model}`), " ",
    away && h("span.chip.warn", { title: away }, "away: the narrator answers"),
  ];
}
