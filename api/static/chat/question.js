// Where the question is written: Enter asks, Shift+Enter begins a line, Escape stops the answer.

import { h } from "../parts/dom.js";

const MOST = 4_000;

export function questionForm(ask, stop) {
  const text = h("textarea", {
    id: "question", rows: 1, maxlength: MOST, required: true, autocomplete: "off",
    placeholder: "What is the price of XAUUSD?", "aria-label": "Your question", "aria-describedby": "question-hint",
  });
  const button = h("button.main", { type: "submit" }, "Ask");
  const element = h(
    "form.ask-form", {}, text, button,
    h("p.small.muted", { id: "question-hint" }, h("kbd", {}, "Enter"), " asks, ", h("kbd", {}, "Shift+Enter"),
      " begins a line, ", h("kbd", {}, "Esc"), " stops."),
  );
  let busy = false;
  const send = (event) => {
    event.preventDefault();
    if (busy) return stop();
    const message = text.value.trim();
    if (!message) return;
    text.value = "";
    ask(message);
  };
  element.addEventListener("submit", send);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && busy) stop();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!busy) element.requestSubmit();
  });
  return {
    element,
    focus: () => text.focus({ preventScroll: true }),
    busy: (now) => {
      busy = now;
      button.textContent = now ? "Stop" : "Ask";
      text.required = !now;
    },
  };
}
