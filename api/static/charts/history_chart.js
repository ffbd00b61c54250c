// Real against forecast closes, with the chance of up and the errors below.

import { makeChart, priceFormat } from "./chart.js";
import { decimalsOf, isNumber, seconds } from "../parts/format.js";
import { Shade } from "./shade.js";
import { colour, onTheme } from "../parts/theme.js";

const { BaselineSeries, HistogramSeries, LineSeries, LineStyle } = window.LightweightCharts;
const CHANCE = { baseValue: { type: "price", price: 0.5 }, priceFormat: { type: "price", precision: 2, minMove: 0.01 } };
const PANES = [4, 1, 1];

/** Draw points as GET /series gives them; those in sample are set apart: they are no forecasts. */
export function drawHistory(element, points, resolution, metrics, signal) {
  const chart = makeChart(element, signal, { label: "Real and forecast close" });
  const rows = points.map((point) => ({ ...point, time: seconds(point.real.time) }));
  const parts = addSeries(chart, decimalsOf(rows.slice(-200).map(({ real }) => real.close)));
  const fill = () => fillSeries(parts, rows, resolution);
  fill();
  signal.addEventListener("abort", onTheme(fill), { once: true });
  const shade = new Shade("validation");
  parts.real.attachPrimitive(shade);
  if (metrics?.validation_start) shade.set(seconds(metrics.validation_start));
  for (const [pane, share] of PANES.entries()) chart.panes()[pane].setStretchFactor(share);
  chart.timeScale().fitContent();
}

function addSeries(chart, decimals) {
  const plain = { priceFormat: priceFormat(decimals), priceLineVisible: false, lastValueVisible: false };
  const faint = { lineStyle: LineStyle.Dotted, crosshairMarkerVisible: false };
  return {
    fitted: chart.addSeries(LineSeries, { ...plain, ...faint, lineWidth: 1 }),
    real: chart.addSeries(LineSeries, { ...plain, lineWidth: 1, lastValueVisible: true }),
    forecast: chart.addSeries(LineSeries, { ...plain, lineWidth: 1 }),
    chance: chart.addSeries(BaselineSeries, { ...plain, ...CHANCE, lineWidth: 1, lastValueVisible: true }, 1),
    error: chart.addSeries(HistogramSeries, { ...plain, base: 0 }, 2),
  };
}

function fillSeries(parts, rows, resolution) {
  const [up, down] = [colour("up"), colour("down")];
  parts.real.applyOptions({ color: colour("text") });
  parts.forecast.applyOptions({ color: colour("accent") });
  parts.fitted.applyOptions({ color: colour("flat") });
  parts.chance.applyOptions({
    topLineColor: up, topFillColor1: colour("up-soft"), topFillColor2: colour("up-soft"),
    bottomLineColor: down, bottomFillColor1: colour("down-soft"), bottomFillColor2: colour("down-soft"),
  });
  // What a candle says of the next one stands where that one does.
  const ahead = (row) => row.time + resolution;
  const closes = (seen) => rows.map((row) =>
    (row.in_sample === seen ? { time: ahead(row), value: row.pred.close_next } : { time: ahead(row) }));
  parts.real.setData(rows.map(({ time, real }) => ({ time, value: real.close })));
  parts.fitted.setData(closes(true));
  parts.forecast.setData(closes(false));
  parts.chance.setData(rows.map((row) => ({ time: ahead(row), value: row.cls.prob_up })));
  const colours = { up, down, flat: colour("flat") };
  parts.error.setData(rows.map((row) => errorBar(row, ahead(row), colours)));
}

function errorBar({ err, in_sample: seen }, time, { up, down, flat }) {
  const value = err.close_signed;
  if (!isNumber(value)) return { time };
  return { time, value, color: seen ? flat : value < 0 ? down : up };
}
