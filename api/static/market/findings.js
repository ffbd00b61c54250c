// Under the chart, and marked on it: trades that are probably wrong, and signals with their reasons.

import { get, offers } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { number, percent, short, signedPercent, when } from "../parts/format.js";
import { panel, table } from "../parts/table.js";
import { colour } from "../parts/theme.js";

const KEPT = 200;
const LISTED = 30;
const SIGNALS = "/api/v1/signals/history";

export class Findings {
  constructor(series, chart, view, signal) {
    Object.assign(this, { series, chart, signal, anomalies: [], signals: [], shown: { anomalies: true, signals: true } });
    this.lists = { anomalies: h("div"), signals: h("div") };
    this.element = h("div.grid.two.found", {}, panel("Signals", this.lists.signals), panel("Anomalies", this.lists.anomalies));
    view.options.prepend(
      toggle("Phases", (on) => chart.phases.show(on)),
      toggle("Flags", (on) => chart.marks.show(on)),
      toggle("Anomalies", (on) => this.switch("anomalies", on)),
      toggle("Signals", (on) => this.switch("signals", on)),
    );
    this.draw();
    this.load().then(() => this.draw()).catch(() => {});
  }

  async load() {
    const { platform, symbol, traded } = this.series;
    if (traded) {
      const path = `/anomalies/${encodeURIComponent(platform)}/${encodeURIComponent(symbol)}`;
      this.anomalies = (await get(path, { limit: KEPT }, this.signal)).anomalies;
    }
    if (await offers("GET", SIGNALS)) {
      this.signals = (await get(SIGNALS, { platform, symbol, limit: 100 }, this.signal)).data.signals;
    }
  }

  /** Take an anomaly that came live. */
  add(anomaly) {
    this.anomalies = [...this.anomalies, anomaly].slice(-KEPT);
    this.draw();
  }

  switch(kind, on) {
    this.shown[kind] = on;
    this.draw();
  }

  draw() {
    show(this.lists.signals, signalTable(this.signals));
    show(this.lists.anomalies, anomalyTable(this.anomalies, this.chart.decimals));
    this.chart.showFindings(this.markers());
  }

  markers() {
    const opening = (iso) => Math.floor(Date.parse(iso) / 1_000 / this.series.resolution) * this.series.resolution;
    const times = this.shown.anomalies ? this.anomalies.map(({ time }) => opening(time)) : [];
    // Below the bar: a print that is too high is above what is in view.
    const odd = [...new Set(times)].map((time) => ({
      time, position: "belowBar", shape: "circle", color: colour("warn"), text: "!", size: 0.8,
    }));
    const told = this.shown.signals ? this.signals.filter(({ type }) => type !== "hold") : [];
    const arrows = told.map((one) => arrow(opening(one.created_at), one));
    return [...odd, ...arrows].sort((one, other) => one.time - other.time);
  }
}

function arrow(time, { type, confidence }) {
  const up = type === "buy";
  return {
    time, position: up ? "belowBar" : "aboveBar", shape: up ? "arrowUp" : "arrowDown",
    color: colour(up ? "up" : "down"), text: `${type} ${percent(confidence, 0)}`,
  };
}

const FOUND = [["Time", "mono.muted"], ["Price", "number"], ["Size", "number"], ["Score", "number"], ["What", "nowrap"]];

function anomalyTable(anomalies, decimals) {
  if (!anomalies.length) return h("p.muted.small.body", {}, "None found: no bad prints, no disorder.");
  return table("Anomalies found", FOUND, anomalies.slice(-LISTED).toReversed().map((one) => [
    when(one.time).slice(5), number(one.price, decimals), short(one.size), number(one.score, 1),
    one.reason.replaceAll("_", " "),
  ]));
}

const TOLD = [["Time", "mono.muted"], ["Signal"], ["Ahead", "number"], ["Outcome", "number"], ["Why", "wrap.small"]];
const LOOKS = { buy: "good", sell: "bad" };

function signalTable(signals) {
  if (!signals.length) return h("p.muted.small.body", {}, "No signals were asked for in this market.");
  return table("Signals given", TOLD, signals.slice(0, LISTED).map((one) => [
    when(one.created_at).slice(5), h(`span.chip.${LOOKS[one.type] ?? "plain"}`, {}, one.type), one.horizon,
    outcomeText(one.outcome), h("span.clamp", { title: one.reason }, one.reason),
  ]));
}

function outcomeText(outcome) {
  if (!outcome) return "–";
  if (outcome.result === "pending") return "pending";
  return `${outcome.result} ${signedPercent(outcome.pnl_percent / 100)}`;
}

function toggle(text, changed) {
  const box = h("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => changed(box.checked));
  return h("label.check", {}, box, text);
}
