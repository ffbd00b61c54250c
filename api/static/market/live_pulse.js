// The chip that says whether live data comes.

import { onReach } from "../parts/api.js";
import { h, show } from "../parts/dom.js";

const QUIET_MS = 30_000;

/** Says whether data comes: an open connection alone is not live. */
export function livePulse(element, signal) {
  let [state, last] = ["connecting", 0];
  let reachable = true;
  const draw = () => show(element, reachable ? liveChip(state, Date.now() - last) : h("span.chip", {}, "not live"));
  const timer = setInterval(draw, 2_000);
  const end = onReach((answered) => {
    reachable = answered;
    draw();
  });
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    end();
  }, { once: true });
  return {
    heard() {
      const quiet = Date.now() - last > QUIET_MS;
      last = Date.now();
      if (quiet) draw();
    },
    state(told) {
      state = told;
      draw();
    },
  };
}

function liveChip(state, silence) {
  if (state !== "live") return h("span.chip.warn", {}, state === "closed" ? "not live" : "connecting…");
  if (silence > QUIET_MS) return h("span.chip", { title: "Connected; no live data of this market comes now" }, "no live data");
  return h("span.chip.good", {}, h("span.dot.good.beating"), " live");
}
