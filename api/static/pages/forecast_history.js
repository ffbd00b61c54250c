// The next candle, forecast for every candle there was: how it compares, and training.

import { get, offers, post, withParameters } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { count, isNumber, number, percent, resolutionName, seconds, short, when } from "../parts/format.js";
import { segments } from "../parts/held.js";
import { drawHistory } from "../charts/history_chart.js";
import { JobList } from "../parts/jobs.js";
import { empty, fillWith } from "../parts/states.js";
import { facts, panel } from "../parts/table.js";
import { verdictPanel } from "../parts/verdict.js";

const SPANS = [1, 7, 30, 90];
const SPAN = 7;

export async function showHistory(body, series, signal) {
  if (!(await offers("GET", "/series/cached"))) {
    const text = "It has no forecasts of the next candle. Futures shows the ledger.";
    return show(body, h("section.panel", {}, empty("Not on this server", text)));
  }
  const { platform, symbol, resolution } = series;
  const view = {
    series, asked: { platform, symbol, interval: resolutionName(resolution) }, signal,
    jobs: new JobList(signal), about: h("div.body.grid"), chart: h("div"), spans: h("span"),
  };
  show(body, panel("Close of the next candle", view.chart, view.spans), panel("Validation", view.about, trainButton(view)));
  await load(view, SPAN);
}

async function load(view, days) {
  const { signal } = view;
  show(view.spans, segments("Span", SPANS.map((one) => ({
    text: `${one} d`, pressed: one === days, press: () => load(view, one),
  }))));
  const [metrics, points] = await Promise.all([
    fetchInto(view.about, () => get("/metrics", view.asked, signal), signal),
    fetchInto(view.chart, () => fetchPoints(view, days), signal),
  ]);
  if (signal.aborted) return;
  if (metrics) show(view.about, view.jobs.element, validation(metrics, points ?? []));
  if (points) drawPoints(view, points, metrics);
}

async function fetchInto(element, load, signal) {
  let found = null;
  await fillWith(element, async () => {
    found = await load();
    return "";
  }, { signal });
  return found;
}

async function fetchPoints({ asked, series, signal }, days) {
  // Of a market that stands still, the last days that there are.
  const start = new Date((seconds(series.last) - days * 86_400) * 1_000).toISOString();
  const found = [];
  const page = { ...asked, start };
  do {
    const answer = await get("/series/cached", page, signal);
    found.push(...answer.points);
    page.cursor = answer.next_cursor;
  } while (page.cursor);
  return found;
}

function drawPoints(view, points, metrics) {
  if (!points.length) {
    const text = "Train the models of this series, and every candle shows what was forecast for it.";
    return show(view.chart, empty("No forecasts of the next candle yet", text));
  }
  const element = h("div.chart", { "data-points": points.length });
  show(view.chart, element, legend());
  drawHistory(element, points, view.series.resolution, metrics, view.signal);
}

function legend() {
  const key = (look, text) => h("span", {}, look && h(`i.key.${look}`), text);
  return h(
    "div.chart-foot.legend", {}, key("line.real", "real close"), key("line.forecast", "forecast, out of sample"),
    key("line.sample", "fitted, in sample: no forecast"), key("valid", "validation period"),
    key(null, "middle: probability of up"), key(null, "below: real minus forecast"),
  );
}

function validation(metrics, points) {
  if (metrics.status === "empty") {
    return empty("Not trained yet", "Train to see how close the forecasts come on data that the models have not seen.");
  }
  const judged = points.filter((one) => !one.in_sample && isNumber(one.err?.close_signed));
  const right = judged.filter((one) => directionOf(one) === one.cls.dir_next).length;
  const n = metrics.split_total - metrics.split_train;
  return h(
    "div.grid", {},
    verdictPanel(metrics.verdict, metrics.skill, { n, what: "in the newest fifth, never learnt from" }),
    facts(
      ["MAE of close", short(metrics.mae)], ["MAE of last price", short(metrics.baseline?.mae)],
      ["MAPE", inPercent(metrics.mape)], ["SMAPE", inPercent(metrics.smape)], ["Samples", count(metrics.samples)],
      ["Direction right, shown", judged.length ? percent(right / judged.length) : "–"],
      ["Validated from", when(metrics.validation_start)], ["Trained", when(metrics.finished_at)],
    ),
  );
}

const inPercent = (value) => (isNumber(value) ? `${number(value, 3)}%` : "–");
const directionOf = (point) => (point.pred.close_next + point.err.close_signed > point.real.close ? 1 : 0);

function trainButton(view) {
  const problem = h("span.form-error.small", { role: "alert" });
  const button = h("button", { type: "button" }, "Train on 90 days");
  button.addEventListener("click", async () => {
    show(problem);
    button.disabled = true;
    try {
      await train(view);
      await load(view, SPAN);
    } catch (error) {
      if (error.name !== "AbortError") show(problem, error.message);
    } finally {
      button.disabled = false;
    }
  });
  return [problem, button];
}

async function train({ asked, about, jobs, signal }) {
  const path = withParameters("/train", { days: 90, ...asked });
  const answer = await post(path, undefined, { prefer: "respond-async", signal });
  if (!answer.task_id) return;
  show(about, jobs.element);
  await jobs.add(answer.task_id, "Training the next candle");
}
