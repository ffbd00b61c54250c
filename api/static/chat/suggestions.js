// What can be asked, before anything was; each suggestion asks itself.

import { h } from "../parts/dom.js";

const QUESTIONS = [
  "What is the price of XAUUSD?",
  "Signal for EURUSD on 15m, and why?",
  "How far may BTCUSD go in the next hour?",
  "Which phase is XAUUSD in?",
  "Has the model any skill on XAUUSD?",
  "How is my portfolio?",
  "¿Cuál fue la última decisión?",
  "Como está o auto-trade?",
];

export function suggestions(ask) {
  const button = (text) => h("li", {}, h("button", { type: "button", onclick: () => ask(text) }, text));
  return h(
    "section.panel", { "aria-label": "What can be asked" },
    h("div.body.thread", {},
      h("p", {}, "Ask in English, Spanish or Portuguese. Every number comes from what this server holds; choose one to see where it is from."),
      h("ul.suggestions", {}, QUESTIONS.map(button)),
      h("p.small.muted", {}, "It changes nothing: no order can be placed here."),
    ),
  );
}
