// Parts of a page that fill themselves, and are filled again every few seconds.

import { pause } from "./api.js";
import { h } from "./dom.js";
import { fillWith } from "./states.js";
import { panel } from "./table.js";

/** A panel whose content `load` returns. */
export function part(title, load) {
  const body = h("div");
  return { load, body, panel: panel(title, body) };
}

/** Ask once for all parts of a round that show the same answer. */
export function sharedAnswer(ask) {
  let answer = null;
  return () => (answer ??= ask().finally(() => setTimeout(() => { answer = null; })));
}

/** Fill parts, and fill them anew after each so many ms until `signal` is aborted. */
export async function keepFilled(parts, every, signal) {
  await fillAll(parts, signal, false);
  keepFresh(parts, every, signal).catch(() => {});
}

/** Fill parts now; `quiet` leaves what they show until the new has come. */
export const fillAll = (parts, signal, quiet) =>
  Promise.all(parts.map(({ body, load }) => fillWith(body, load, { signal, quiet })));

async function keepFresh(parts, every, signal) {
  while (!signal.aborted) {
    await pause(every, signal);
    // Nothing is replaced under the reader's hands.
    const idle = parts.filter(({ body }) => !body.contains(document.activeElement));
    await fillAll(idle, signal, true);
  }
}
