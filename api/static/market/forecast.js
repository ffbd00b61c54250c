// Beside the chart: which forecast is drawn, what it says now, and whether it deserves belief.

import { h, show } from "../parts/dom.js";
import { isNumber, number, percent, when } from "../parts/format.js";
import { forecastSources } from "../parts/forecast_sources.js";
import { empty, fillWith } from "../parts/states.js";
import { panel, table } from "../parts/table.js";
import { isJudged, verdictPanel } from "../parts/verdict.js";

const NONE = "none";

export class ForecastPanel {
  constructor(series, chart, data, signal) {
    Object.assign(this, { series, chart, data, signal, sources: [] });
    this.body = h("div.body");
    this.select = h("select", { "aria-label": "Forecast drawn", disabled: true }, h("option", { value: NONE }, "No forecast"));
    this.select.addEventListener("change", () => this.draw());
    this.element = panel("Forecast", this.body, this.select);
    this.load();
  }

  async load() {
    await fillWith(this.body, async () => {
      this.sources = await forecastSources(this.series, this.signal);
      return this.sources.length ? "" : nothing();
    }, { signal: this.signal, text: "Asking for forecasts…" });
    if (!this.sources.length || this.signal.aborted) return;
    this.select.append(...this.sources.map(({ id, text }) => h("option", { value: id }, text)));
    this.select.disabled = false;
    this.select.value = (this.sources.find(({ n }) => n) ?? this.sources[0]).id;
    await this.draw();
  }

  /** Draw the chosen forecast; `quiet` leaves what is there until the new one has come. */
  async draw(quiet = false) {
    const source = this.sources.find(({ id }) => id === this.select.value);
    if (!source) {
      this.chart.showForecast([]);
      show(this.body, h("p.muted.small", {}, "Choose a forecast to draw it over the candles."));
      return;
    }
    await fillWith(this.body, async () => {
      const rows = await source.rows(new Date(this.data.candles[0].time * 1_000).toISOString());
      this.chart.showForecast(rows);
      return this.belief(source, rows);
    }, { signal: this.signal, quiet, text: "Fetching the forecast…" });
  }

  belief(source, rows) {
    const { time: newest, flags } = this.data.last;
    const coming = rows.filter(({ time }) => time > newest || (time === newest && flags.includes("partial")));
    const walked = !isJudged(source.skill) && source.walked;
    return h(
      "div.grid", {},
      this.series.stale ? h("p.small.warn", {}, pastText(this.series)) : null,
      verdictPanel(source.verdict, source.skill, { n: source.n, what: source.what }),
      walked ? verdictPanel(walked.verdict, walked.skill, { n: walked.n, what: "in the walk-forward, before it spoke" }) : null,
      coming.length ? comingTable(coming, this.chart.decimals) : h("p.muted.small", {}, noneComing(rows)),
    );
  }
}

const noneComing = (rows) =>
  rows.length ? "No forecast of a candle to come."
    : "It has not made a forecast in this span; a watched series is forecast at each close.";

const nothing = () =>
  empty("Nothing forecasts this series", "Train a model for it, and its forecasts are drawn here.",
    h("a", { href: "#/models" }, "Train a model"));

const pastText = ({ as_of: asOf }) => `Stale: newer candles than that of ${when(asOf)} should have come. What is forecast here is past.`;

// The date stands beside the hour, and the year where it is another than this.
const openingText = (time) => when(time).slice(when(time).startsWith(String(new Date().getUTCFullYear())) ? 5 : 0);

const COLUMNS = [["Opens", "mono.muted"], ["Close", "number"], ["80% interval", "number.small"]];

function comingTable(rows, decimals) {
  const shown = rows.length > 6 ? [...rows.slice(0, 5), rows.at(-1)] : rows;
  return table("Forecasts to come", COLUMNS, shown.map(({ time, value, low80, high80, probUp }) => [
    openingText(time),
    [number(value, decimals), isNumber(probUp) ? h("div.small.muted", {}, `up ${percent(probUp, 0)}`) : null],
    [number(low80, decimals), h("br"), number(high80, decimals)],
  ]));
}
