// Beside the chart: which forecast is drawn, what it says now, and whether it deserves belief.

import { h, show } from "./dom.js";
import { number, percent, when } from "./format.js";
import { forecastSources } from "./forecast_sources.js";
import { empty, fillWith, loading } from "./states.js";
import { verdictPanel } from "./verdict.js";

const NONE = "none";

export function forecastPanel(series, chart, data, signal) {
  const body = h("div.body.grid");
  const select = h("select", { "aria-label": "Forecast drawn", disabled: true }, h("option", { value: NONE }, "No forecast"));
  fillWith(body, async () => {
    const sources = await forecastSources(series, signal);
    if (!sources.length) return nothing();
    select.append(...sources.map(({ id, text }) => h("option", { value: id }, text)));
    select.disabled = false;
    select.addEventListener("change", () => draw(sources.find(({ id }) => id === select.value)));
    select.value = sources[0].id;
    const content = h("div.grid");
    draw(sources[0], content);
    return content;
  }, { signal, text: "Asking for forecasts…" });
  return h("section.panel", { "aria-label": "Forecast" }, h("header", {}, h("h2", {}, "Forecast"), h("span.end", {}, select)), body);

  function draw(source, content = body.firstElementChild) {
    if (!source) {
      chart.showForecast([]);
      return show(content, h("p.muted.small", {}, "Choose a forecast to draw it over the candles."));
    }
    show(content, loading("Fetching the forecast…"));
    return fillWith(content, async () => {
      const since = new Date(data.candles[0].time * 1_000).toISOString();
      const rows = await source.rows(since);
      chart.showForecast(rows);
      return belief(source, rows, data, chart.decimals);
    }, { signal, quiet: true });
  }
}

const nothing = () =>
  empty("Nothing forecasts this series", "Train a model for it, and its forecasts are drawn here.", h("a", { href: "#/models" }, "Train a model"));

function belief(source, rows, data, decimals) {
  const coming = rows.filter(({ time }) => time > data.last.time || (time === data.last.time && data.last.flags.includes("partial")));
  return h("div.grid", {}, verdictPanel(source.verdict, source.skill, { n: source.n, what: source.what }),
    coming.length ? comingTable(coming, decimals) : h("p.muted.small", {}, rows.length ? "No forecast of a candle to come." : "It has not made a forecast in this span."));
}

function comingTable(rows, decimals) {
  const shown = rows.length > 6 ? [...rows.slice(0, 5), rows.at(-1)] : rows;
  const body = shown.map(({ time, value, low80, high80, probUp }) => h("tr", {},
    h("td.mono.muted", {}, when(time).slice(5)), h("td.number", {}, number(value, decimals), probUp === undefined || probUp === null ? null : h("div.small.muted", {}, `up ${percent(probUp, 0)}`)),
    h("td.number.small", {}, `${number(low80, decimals)}`, h("br"), `${number(high80, decimals)}`)));
  return h("div.scroll-x", {}, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Opens"), h("th.number", { scope: "col" }, "Close"), h("th.number", { scope: "col" }, "80% interval"))), h("tbody", {}, body)));
}
