// The chart of the market page: candles, volume, what is known of them, forecasts, findings.

import { BandSeries } from "./band.js";
import { makeChart, priceFormat } from "./chart.js";
import { decimalsOf } from "../parts/format.js";
import { Marks } from "./marks.js";
import { Phases } from "./phases.js";
import { Studies } from "./studies.js";
import { colour, onTheme } from "../parts/theme.js";

const { CandlestickSeries, HistogramSeries, PriceScaleMode, createSeriesMarkers } = window.LightweightCharts;
const BARS_SHOWN = 160;
// Older candles are asked for when so few are left of the view.
const LOOK_AHEAD = 60;

// From so many candles on the bodies' range is known; wicks may reach this much of it beyond.
const LEAST_BODIES = 10;
const WICK_ROOM = 0.35;

const VOLUME = { priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false };

export class MarketChart {
  constructor(element, signal, label) {
    this.chart = makeChart(element, signal, { label });
    this.candles = this.chart.addSeries(CandlestickSeries, { autoscaleInfoProvider: (usual) => this.scale(usual()) });
    this.volume = this.chart.addSeries(HistogramSeries, VOLUME, 1);
    this.forecast = this.chart.addCustomSeries(new BandSeries(), {});
    this.findings = createSeriesMarkers(this.candles, []);
    this.marks = new Marks();
    this.candles.attachPrimitive(this.marks);
    this.phases = new Phases();
    this.candles.attachPrimitive(this.phases);
    this.chart.panes()[0].setStretchFactor(5);
    this.chart.panes()[1].setStretchFactor(1);
    this.studies = new Studies(this.chart, signal);
    this.rows = [];
    this.paint();
    signal.addEventListener("abort", onTheme(() => this.paint()), { once: true });
  }

  /** Draw all candles; `fresh` also moves the view to the newest. */
  draw(rows, resolution, fresh = false) {
    this.rows = rows;
    this.decimals = decimalsOf(rows.slice(-200).flatMap(({ close, open }) => [close, open]));
    this.candles.applyOptions({ priceFormat: priceFormat(this.decimals) });
    this.forecast.applyOptions({ priceFormat: priceFormat(this.decimals) });
    this.candles.setData(rows.map((row) => this.bar(row)));
    this.volume.setData(rows.map((row) => this.column(row)));
    this.marks.set(rows, resolution);
    this.studies.set(rows);
    if (fresh) this.showNewest();
  }

  /** Draw one candle that changed or came. */
  update(row, newest) {
    this.candles.update(this.bar(row), !newest);
    this.volume.update(this.column(row), !newest);
    if (newest) this.studies.update(this.rows);
  }

  showForecast(rows) {
    this.forecast.setData(rows);
  }

  showFindings(markers) {
    this.findings.setMarkers(markers);
  }

  showNewest() {
    const end = this.rows.length + 12;
    this.chart.timeScale().setVisibleLogicalRange({ from: end - BARS_SHOWN, to: end });
  }

  /** Show the candles from a time (s) on. */
  showFrom(time) {
    const place = this.rows.findIndex((row) => row.time >= time);
    const from = Math.max(0, (place < 0 ? this.rows.length : place) - 5);
    this.chart.timeScale().setVisibleLogicalRange({ from, to: from + BARS_SHOWN });
  }

  /** Draw prices by their logarithm or plainly. */
  showLog(on) {
    this.candles.priceScale().applyOptions({ mode: on ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal });
  }

  /** Call back when the view comes near the oldest candle. */
  onNearOldest(callback) {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < LOOK_AHEAD) callback();
    });
  }

  /** Call back with the time under the crosshair, null when it has left. */
  onPoint(callback) {
    this.chart.subscribeCrosshairMove(({ time }) => callback(time ?? null));
  }

  // A bad print would flatten all candles beside it: wicks far off the bodies do not set the scale.
  scale(info) {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (!info || !range) return info;
    const shown = this.rows.slice(Math.max(0, Math.floor(range.from)), Math.ceil(range.to) + 1);
    if (shown.length < LEAST_BODIES) return info;
    const [low, high] = bodies(shown);
    const room = (high - low) * WICK_ROOM;
    const { minValue, maxValue } = info.priceRange;
    info.priceRange = { minValue: Math.max(minValue, low - room), maxValue: Math.min(maxValue, high + room) };
    return info;
  }

  bar(row) {
    const { time, open, high, low, close, flags } = row;
    if (flags.includes("partial")) return { time, open, high, low, close, color: this.faint(row) };
    return { time, open, high, low, close };
  }

  // A candle that still forms is hollow.
  faint({ open, close }) {
    return close >= open ? this.colours.upSoft : this.colours.downSoft;
  }

  column({ time, open, close, volume }) {
    return { time, value: volume, color: close >= open ? this.colours.volumeUp : this.colours.volumeDown };
  }

  paint() {
    const [up, down] = [colour("up"), colour("down")];
    this.colours = {
      upSoft: colour("up-soft"), downSoft: colour("down-soft"),
      volumeUp: colour("volume-up"), volumeDown: colour("volume-down"),
    };
    this.candles.applyOptions({
      upColor: up, borderUpColor: up, wickUpColor: up,
      downColor: down, borderDownColor: down, wickDownColor: down,
    });
    if (!this.rows.length) return;
    this.candles.setData(this.rows.map((row) => this.bar(row)));
    this.volume.setData(this.rows.map((row) => this.column(row)));
  }
}

function bodies(rows) {
  let [low, high] = [Infinity, -Infinity];
  for (const { open, close } of rows) {
    low = Math.min(low, open, close);
    high = Math.max(high, open, close);
  }
  return [low, high];
}
