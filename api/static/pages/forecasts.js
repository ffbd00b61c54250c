// Forecasts: the next candle in the past, validated; and those made before the fact.

import { h, show } from "../parts/dom.js";
import { showHistory } from "./forecast_history.js";
import { showFutures } from "./futures.js";
import { chosenSeries, heldSeries, notHeld, rememberSeries, segments, seriesPicker } from "../parts/held.js";
import { empty, loading, showFailure } from "../parts/states.js";

const TABS = { history: ["Next candle", showHistory], futures: ["Futures", showFutures] };
const TAB = "tickcast-forecast-tab";

export async function open(main, parameters, signal) {
  const title = h("h1.hidden-text", {}, "Forecasts");
  show(main, title, loading("Asking which candles there are…"));
  const held = await heldSeries(signal);
  if (!held.length) {
    const way = h("a", { href: "/docs" }, "How to bring candles in");
    return show(main, title, h("section.panel", {}, empty("No candles yet", "Forecasts need candles to begin with.", way)));
  }
  let leave = null;
  const tabAsked = parameters.get("tab") ?? sessionStorage.getItem(TAB) ?? "history";
  const chosen = chosenSeries(held, parameters);
  if (!chosen) return show(main, title, notHeld(held, parameters, (series) => choose(series, tabAsked)));
  choose(chosen, tabAsked);

  function choose(series, asked) {
    const tab = asked in TABS ? asked : "history";
    leave?.abort();
    leave = new AbortController();
    signal.addEventListener("abort", () => leave.abort(), { once: true });
    rememberSeries("forecasts", series);
    sessionStorage.setItem(TAB, tab);
    const body = h("div.grid");
    const tabs = segments("Kind of forecast", Object.entries(TABS).map(([name, [text]]) => ({
      text, pressed: name === tab, press: () => choose(series, name),
    })));
    show(main, title, h("div.row", {}, tabs, seriesPicker(held, series, (other) => choose(other, tab))), body);
    TABS[tab][1](body, series, leave.signal).catch((error) => {
      if (error.name === "AbortError") return;
      const place = h("section.panel");
      show(body, place);
      showFailure(place, error, () => choose(series, tab), leave.signal);
    });
  }
}
