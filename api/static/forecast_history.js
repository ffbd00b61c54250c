// The next candle, forecast for every candle there was: real, forecast, chances, errors.

import { get, offers, post } from "./api.js";
import { makeChart, priceFormat } from "./chart.js";
import { h, show } from "./dom.js";
import { count, decimalsOf, isNumber, number, percent, resolutionName, seconds, short, when } from "./format.js";
import { segments } from "./held.js";
import { JobList } from "./jobs.js";
import { Shade } from "./shade.js";
import { empty, fillWith } from "./states.js";
import { colour, onTheme } from "./theme.js";
import { verdictPanel } from "./verdict.js";

const { BaselineSeries, HistogramSeries, LineSeries, LineStyle } = window.LightweightCharts;
const SPANS = [1, 7, 30, 90];
const SPAN = 7;

export async function showHistory(body, series, signal) {
  if (!(await offers("GET", "/series/cached"))) {
    return show(body, h("section.panel", {}, empty("Not on this server", "It has no forecasts of the next candle. Futures shows the ledger.")));
  }
  const asked = { platform: series.platform, symbol: series.symbol, interval: resolutionName(series.resolution) };
  const view = { series, asked, jobs: new JobList(signal), about: h("div.body.grid"), chart: h("div"), spans: h("span") };
  show(body,
    h("section.panel", { "aria-label": "Forecasts of the next candle" }, h("header", {}, h("h2", {}, "Close of the next candle"), h("span.end", {}, view.spans)), view.chart),
    h("section.panel", { "aria-label": "Validation" }, h("header", {}, h("h2", {}, "Validation"), h("span.end", {}, trainButton(view, signal))), view.about));
  await load(view, SPAN, signal);
}

async function load(view, days, signal) {
  show(view.spans, segments("Span", SPANS.map((one) => ({
    text: `${one} d`, pressed: one === days, press: () => load(view, one, signal),
  }))));
  const [metrics, points] = await Promise.all([
    fetchInto(view.about, () => get("/metrics", view.asked, signal), signal),
    fetchInto(view.chart, () => fetchPoints(view, days, signal), signal),
  ]);
  if (signal.aborted) return;
  if (metrics) show(view.about, view.jobs.element, validation(metrics, points ?? []));
  if (points) drawPoints(view, points, metrics, signal);
}

async function fetchInto(element, load, signal) {
  let found = null;
  await fillWith(element, async () => {
    found = await load();
    return "";
  }, { signal });
  return found;
}

async function fetchPoints({ asked, series }, days, signal) {
  // Of a market that stands still, the last days that there are.
  const end = seconds(series.last);
  const start = new Date((end - days * 86_400) * 1_000).toISOString();
  const found = [];
  const page = { ...asked, start };
  do {
    const answer = await get("/series/cached", page, signal);
    found.push(...answer.points);
    page.cursor = answer.next_cursor;
  } while (page.cursor);
  return found;
}

function drawPoints(view, points, metrics, signal) {
  if (!points.length) {
    return show(view.chart, empty("No forecasts of the next candle yet", "Train the models of this series, and every candle shows what was forecast for it."));
  }
  const element = h("div.chart", { "data-points": points.length });
  show(view.chart, element, h("div.chart-foot.legend", {},
    h("span", {}, h("i.key.line.real"), "real close"), h("span", {}, h("i.key.line.forecast"), "forecast, out of sample"),
    h("span", {}, h("i.key.line.sample"), "fitted, in sample: no forecast"), h("span", {}, h("i.key.valid"), "validation period"),
    h("span", {}, "middle: probability of up"), h("span", {}, "below: real minus forecast")));
  drawChart(makeChart(element, signal, { label: "Real and forecast close" }), points, view.series.resolution, metrics, signal);
}

function drawChart(chart, points, resolution, metrics, signal) {
  const rows = points.map((point) => ({ ...point, time: seconds(point.real.time) }));
  const decimals = decimalsOf(rows.slice(-200).map(({ real }) => real.close));
  const format = { priceFormat: priceFormat(decimals), priceLineVisible: false, lastValueVisible: false };
  const parts = {
    fitted: chart.addSeries(LineSeries, { ...format, lineWidth: 1, lineStyle: LineStyle.Dotted, crosshairMarkerVisible: false }),
    real: chart.addSeries(LineSeries, { ...format, lineWidth: 1, lastValueVisible: true }),
    forecast: chart.addSeries(LineSeries, { ...format, lineWidth: 1 }),
    chance: chart.addSeries(BaselineSeries, { baseValue: { type: "price", price: 0.5 }, priceFormat: { type: "price", precision: 2, minMove: 0.01 }, lineWidth: 1, priceLineVisible: false }, 1),
    error: chart.addSeries(HistogramSeries, { ...format, base: 0 }, 2),
  };
  paint(parts);
  signal.addEventListener("abort", onTheme(() => paint(parts)), { once: true });
  const shade = new Shade("validation");
  parts.real.attachPrimitive(shade);
  if (metrics?.validation_start) shade.set(seconds(metrics.validation_start));
  const ahead = (row) => row.time + resolution;
  const only = (seen) => rows.map((row) => (Boolean(row.in_sample) === seen ? { time: ahead(row), value: row.pred.close_next } : { time: ahead(row) }));
  parts.real.setData(rows.map(({ time, real }) => ({ time, value: real.close })));
  parts.fitted.setData(only(true));
  parts.forecast.setData(only(false));
  parts.chance.setData(rows.map((row) => ({ time: ahead(row), value: row.cls.prob_up })));
  parts.error.setData(rows.map((row) => errorBar(row, ahead(row))));
  for (const [pane, share] of [4, 1, 1].entries()) chart.panes()[pane].setStretchFactor(share);
  chart.timeScale().fitContent();
}

function errorBar(row, time) {
  const value = row.err?.close_signed;
  if (!isNumber(value)) return { time };
  return { time, value, color: row.in_sample ? colour("flat") : colour(value < 0 ? "down" : "up") };
}

function paint(parts) {
  parts.real.applyOptions({ color: colour("text") });
  parts.forecast.applyOptions({ color: colour("accent") });
  parts.fitted.applyOptions({ color: colour("flat") });
  parts.chance.applyOptions({
    topLineColor: colour("up"), topFillColor1: colour("up-soft"), topFillColor2: colour("up-soft"),
    bottomLineColor: colour("down"), bottomFillColor1: colour("down-soft"), bottomFillColor2: colour("down-soft"),
  });
}

function validation(metrics, points) {
  if (metrics.status === "empty") return empty("Not trained yet", "Train to see how close the forecasts come on data that the models have not seen.");
  const judged = points.filter((one) => !one.in_sample && isNumber(one.err?.close_signed));
  const right = judged.filter((one) => directionOf(one) === one.cls.dir_next).length;
  const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("div.grid", {},
    verdictPanel(metrics.verdict, metrics.skill, { n: metrics.split_total - metrics.split_train, what: "in the newest fifth, never learnt from" }),
    h("dl.facts", {}, fact("MAE of close", short(metrics.mae)), fact("MAE of last price", short(metrics.baseline?.mae)),
      fact("MAPE", isNumber(metrics.mape) ? `${number(metrics.mape, 3)}%` : "–"), fact("SMAPE", isNumber(metrics.smape) ? `${number(metrics.smape, 3)}%` : "–"),
      fact("Samples", count(metrics.samples)), fact("Direction right, shown", judged.length ? percent(right / judged.length) : "–"),
      fact("Validated from", when(metrics.validation_start)), fact("Trained", when(metrics.finished_at))));
}

const directionOf = (point) => (point.pred.close_next + point.err.close_signed > point.real.close ? 1 : 0);

function trainButton(view, signal) {
  const problem = h("span.form-error.small", { role: "alert" });
  const button = h("button", { type: "button" }, "Train on 90 days");
  button.addEventListener("click", async () => {
    show(problem);
    button.disabled = true;
    try {
      const path = `/train?${new URLSearchParams({ days: 90, ...view.asked })}`;
      const answer = await post(path, undefined, { prefer: "respond-async", signal });
      if (answer.task_id) {
        show(view.about, view.jobs.element);
        await view.jobs.add(answer.task_id, "Training the next candle");
      }
      await load(view, SPAN, signal);
    } catch (error) {
      if (error.name !== "AbortError") show(problem, error.message);
    } finally {
      button.disabled = false;
    }
  });
  return [problem, button];
}
