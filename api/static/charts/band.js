// Forecasts as a line with two interval bands: a custom series of Lightweight Charts.

import { colour } from "../parts/theme.js";

const { customSeriesDefaultOptions } = window.LightweightCharts;
// A forecast that stands alone is drawn as a bar this wide.
const LONE_WIDTH = 6;

/** A series of rows {time, value, low80, high80, low95, high95}; without a value, a break. */
export class BandSeries {
  constructor() {
    this.drawing = new BandDrawing();
  }

  renderer() {
    return this.drawing;
  }

  priceValueBuilder(row) {
    return [row.low95 ?? row.value, row.high95 ?? row.value, row.value];
  }

  /** Rows that share a pixel become one, as wide as the widest of them. */
  conflationReducer({ data: one }, { data: other }) {
    const least = (name) => Math.min(one[name] ?? other[name], other[name] ?? one[name]);
    const most = (name) => Math.max(one[name] ?? other[name], other[name] ?? one[name]);
    return {
      time: one.time, value: other.value, low80: least("low80"), high80: most("high80"),
      low95: least("low95"), high95: most("high95"),
    };
  }

  isWhitespace(row) {
    return row.value === undefined || row.value === null;
  }

  update(data) {
    this.drawing.data = data;
  }

  defaultOptions() {
    return { ...customSeriesDefaultOptions, lastValueVisible: false, priceLineVisible: false };
  }
}

class BandDrawing {
  data = null;

  draw(target, toY) {
    if (!this.data?.visibleRange) return;
    target.useBitmapCoordinateSpace((scope) => this.drawScaled(scope, toY));
  }

  drawScaled({ context, horizontalPixelRatio: across, verticalPixelRatio: down }, toY) {
    const { bars, visibleRange: { from, to } } = this.data;
    const spot = (bar, name) => [bar.x * across, toY(bar.originalData[name]) * down];
    for (const run of runs(bars.slice(Math.max(0, from - 1), to + 1))) {
      fillBetween(context, run, "low95", "high95", colour("band-95"), spot);
      fillBetween(context, run, "low80", "high80", colour("band-80"), spot);
      strokeLine(context, run, colour("accent"), 1.5 * down, spot);
    }
  }
}

/** Split bars where forecasts are missing: a line across would invent them. */
function* runs(bars) {
  let spacing = Infinity;
  for (let i = 1; i < bars.length; i++) spacing = Math.min(spacing, bars[i].x - bars[i - 1].x);
  let run = [];
  for (const bar of bars) {
    const before = run.at(-1);
    if (before && bar.x - before.x > spacing * 1.5) {
      yield run;
      run = [];
    }
    if (bar.originalData.value !== undefined) run.push(bar);
  }
  if (run.length) yield run;
}

function fillBetween(context, run, low, high, style, spot) {
  const known = run.filter(({ originalData }) => Number.isFinite(originalData[low]));
  if (!known.length) return;
  context.fillStyle = style;
  if (known.length === 1) {
    const [x, top] = spot(known[0], high);
    context.fillRect(x - LONE_WIDTH / 2, top, LONE_WIDTH, spot(known[0], low)[1] - top);
    return;
  }
  context.beginPath();
  for (const bar of known) context.lineTo(...spot(bar, high));
  for (const bar of known.toReversed()) context.lineTo(...spot(bar, low));
  context.fill();
}

function strokeLine(context, run, style, width, spot) {
  context.beginPath();
  for (const bar of run) context.lineTo(...spot(bar, "value"));
  context.strokeStyle = style;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.stroke();
  if (run.length > 1) return;
  const [x, y] = spot(run[0], "value");
  context.beginPath();
  context.arc(x, y, width * 1.8, 0, 2 * Math.PI);
  context.fillStyle = style;
  context.fill();
}
