// Beside the chart: indicators, a logarithmic axis, a date to go to.

import { h, show } from "../parts/dom.js";
import { when } from "../parts/format.js";

const LOG = "tickcast-log-axis";

export function logBox(chart) {
  const box = h("input", { type: "checkbox", checked: localStorage.getItem(LOG) === "on" });
  box.addEventListener("change", () => {
    localStorage.setItem(LOG, box.checked ? "on" : "off");
    chart.showLog(box.checked);
  });
  chart.showLog(box.checked);
  return h("label.check", {}, box, "Log axis");
}

/** A date to go to: what is older than the loaded candles is fetched first. */
export function dateJump(data, chart, moved) {
  const day = (time) => new Date(time * 1_000).toISOString().slice(0, 10);
  const told = h("span.small.muted", { role: "status" });
  const input = h("input", { type: "date", max: day(data.last.time) });
  input.addEventListener("change", async () => {
    if (!input.value) return;
    show(told, "Loading…");
    const time = Date.parse(`${input.value}T00:00:00Z`) / 1_000;
    try {
      await data.since(time);
    } catch (error) {
      return show(told, error.name === "AbortError" ? "" : error.message);
    }
    chart.draw(data.candles, data.series.resolution);
    chart.showFrom(time);
    moved();
    show(told, data.candles[0].time > time ? `The first candle held is of ${when(data.candles[0].time)}.` : "");
  });
  return [h("label.check", {}, "Go to", input), told];
}
