// What a worker computes: asked for again until it is there.

import { get, pause } from "../parts/api.js";

/** Return the body of a GET that may be answered "computing" first. */
export async function computed(path, parameters, signal) {
  while (true) {
    const found = await get(path, parameters, signal);
    if (found.status !== "computing") return found;
    await pause(1_000 * found.retry_after, signal);
  }
}
