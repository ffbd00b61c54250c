// A question and its answer: statements with a button on every value that was looked up.

import { h, show } from "../parts/dom.js";
import { failure, loading } from "../parts/states.js";
import { showSource } from "./source.js";

const WHY = {
  away: "the model does not answer",
  ungrounded: "the model did not keep to what was looked up",
  timeout: "the model took too long",
  too_many_calls: "the model asked for too much",
  bad_calls: "the model asked for what there is not",
  too_large: "the model said too much",
};

export class Turn {
  constructor(message, signal) {
    this.signal = signal;
    this.calls = new Map();
    this.lines = h("div", {});
    this.waits = loading("Looking it up…");
    this.answer = h("div.answer", {}, this.lines, this.waits);
    this.element = h("div.turn", {}, h("div.asked", {}, h("span.hidden-text", {}, "You: "), message), this.answer);
  }

  lookedUp(call) {
    this.calls.set(call.id, call);
  }

  stated({ text, citations }) {
    this.lines.append(this.line(text, citations));
  }

  /** Show the whole answer, of which parts may be there. */
  finished(answer) {
    for (const call of answer.tool_calls) this.lookedUp(call);
    const lines = answer.response.split("\n");
    show(this.lines, lines.map((text, i) => this.line(text, answer.citations.filter((one) => one.line === i))));
    show(this.answer, this.lines, comment(answer), lookups(answer.tool_calls), provider(answer));
    return this;
  }

  failed(error, again) {
    if (error.name === "AbortError") show(this.answer, this.lines, h("p.muted", {}, "Stopped."));
    else show(this.answer, this.lines, failure(error, again));
  }

  /** A statement; places are counted in characters, which may be two of JavaScript's. */
  line(text, citations) {
    const characters = Array.from(text);
    const parts = [];
    let at = 0;
    for (const one of [...citations].sort((a, b) => a.start - b.start)) {
      if (one.start < at) continue;
      parts.push(characters.slice(at, one.start).join(""), this.cite(one));
      at = one.start + Array.from(one.text).length;
    }
    return h("p", {}, parts, characters.slice(at).join(""));
  }

  cite(one) {
    const open = () => showSource(one, this.calls.get(one.tool_call), this.signal);
    return h("button.cite", { type: "button", title: "Where this is from", onclick: open }, one.text);
  }
}

const comment = (answer) => answer.comment && h(
  "blockquote", {}, h("p.small", {}, "The model's own words, which nobody checked:"), h("p", {}, answer.comment),
);

function lookups(calls) {
  if (!calls.length) return null;
  const told = (call) => {
    const given = Object.values(call.arguments).join(", ");
    return `${call.name}${given ? ` (${given})` : ""}: ${call.ok ? `${Math.round(call.ms)} ms` : call.result.error}`;
  };
  return h(
    "details.lookups", {}, h("summary", {}, `Looked up: ${calls.length}`),
    h("ul", {}, calls.map((call) => h("li", {}, told(call)))),
  );
}

function provider(answer) {
  const name = answer.provider === "builtin" ? "built-in narrator" : `${answer.provider}: ${answer.model}`;
  const why = answer.fallback && (WHY[answer.fallback] ?? answer.fallback);
  return h(
    "p.small.muted", {}, h("span.chip", {}, name), " ",
    answer.degraded && h("span.chip.warn", {}, "in the model's place"), why ? ` ${why}` : null,
  );
}
