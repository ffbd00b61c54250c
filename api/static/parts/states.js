// What a part of a page shows when it has no data (yet).

import { Away, Refused, onceReached } from "./api.js";
import { h, show } from "./dom.js";

export const loading = (text = "Loading…") =>
  h("div.state", { role: "status" }, h("span.spinner", { "aria-hidden": "true" }), h("p", {}, text));

/** Nothing to show, and what would change that. */
export const empty = (title, text, ...actions) =>
  h("div.state", {}, h("p.state-title", {}, title), text && h("p", {}, text), ...actions);

/** A failure in words; `again` adds a button. */
export function failure(error, again) {
  const [title, text] = words(error);
  return h(
    "div.state", { role: "alert" }, h("p.state-title", {}, title), h("p", {}, text),
    again && h("button", { type: "button", onclick: again }, "Try again"),
  );
}

/** Show a failure in an element; where nobody answered, `again` is called once somebody does. */
export function showFailure(element, error, again, signal) {
  show(element, failure(error, again));
  if (!(error instanceof Away) || waiting.has(element)) return;
  waiting.add(element);
  onceReached(() => {
    waiting.delete(element);
    again();
  }, signal);
}

const waiting = new WeakSet();

function words(error) {
  if (error instanceof Away) return ["The server does not answer", "This goes on by itself once it does."];
  if (!(error instanceof Refused)) return ["Something went wrong on this page", error.message];
  if (error.status === 403) return ["Your key may not do this", error.message];
  if (error.status === 404) return ["Not there", error.message];
  if (error.status === 429) return ["Too many requests", "The server asks for a moment of patience."];
  if (error.status === 503) return ["A part of the server is away", error.message];
  return ["The server refused", error.message];
}

/** Fill an element with what `load` returns; shows loading and failures in its place. */
export async function fillWith(element, load, { signal, text, quiet } = {}) {
  if (!quiet) show(element, loading(text));
  try {
    const content = await load();
    if (!signal?.aborted) show(element, content);
  } catch (error) {
    if (error.name === "AbortError" || signal?.aborted) return;
    // Without a valid key the whole page becomes the sign-in.
    if (error instanceof Refused && error.status === 401) return;
    showFailure(element, error, () => fillWith(element, load, { signal, text }), signal);
  }
}
