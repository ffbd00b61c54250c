// Whether a series is on the watch-list: then its champions forecast it, and exchanges are asked for it.

import { get, post, remove } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { sameSeries } from "../parts/held.js";

/** A button that says whether a series is watched, and changes that. */
export function watchButton(series, signal) {
  const { platform, symbol, resolution } = series;
  const title = "A watched series is forecast by its champions at each close, and fetched where an exchange has it";
  const button = h("button.small", { type: "button", "aria-pressed": "false", disabled: true, title }, "Watch");
  const draw = (watched) => {
    button.setAttribute("aria-pressed", String(watched));
    button.disabled = false;
    show(button, watched ? "Watched ✓" : "Watch");
  };
  button.addEventListener("click", async () => {
    const watched = button.getAttribute("aria-pressed") === "true";
    button.disabled = true;
    try {
      if (watched) await remove("/watch", { platform, symbol, resolution });
      else await post("/watch", { platform, symbol, resolution });
      draw(!watched);
    } catch (error) {
      draw(watched);
      button.title = error.message;
    }
  });
  get("/watch", {}, signal).then(({ watches }) => draw(watches.some((one) => sameSeries(one, series)))).catch(() => {});
  return button;
}
