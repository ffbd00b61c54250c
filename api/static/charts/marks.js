// Under the candles: what is to be known of them before they are believed.

import { colour } from "../parts/theme.js";

// From the axis upwards, with the colours of the legend.
const STRIPS = [["partial", "flat"], ["gap", "warn"], ["backfilled", "accent"], ["revised", "violet"]];
export const MARKS = STRIPS.map(([name]) => name);

const HEIGHT = 4;
const ROW = 6;

/** A primitive for the candle series: strips for flagged candles, dotted lines where candles miss. */
export class Marks {
  constructor() {
    this.flagged = [];
    this.holes = [];
    this.visible = true;
  }

  attached({ chart, requestUpdate }) {
    this.chart = chart;
    this.redraw = requestUpdate;
  }

  /** Take candles {time, flags} in order; a step longer than `resolution` is a hole. */
  set(candles, resolution) {
    this.flagged = candles.filter(({ flags }) => flags.some((flag) => MARKS.includes(flag)));
    this.holes = [];
    for (let i = 1; i < candles.length; i++) {
      if (candles[i].time - candles[i - 1].time > resolution) this.holes.push(candles[i].time);
    }
    this.redraw?.();
  }

  show(visible) {
    this.visible = visible;
    this.redraw?.();
  }

  updateAllViews() {}

  paneViews() {
    const draw = (target) => this.visible && target.useBitmapCoordinateSpace((scope) => this.draw(scope));
    return [{ zOrder: () => "bottom", renderer: () => ({ draw }) }];
  }

  draw({ context, bitmapSize, horizontalPixelRatio: across, verticalPixelRatio: down }) {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleRange();
    if (!range) return;
    const half = scale.options().barSpacing / 2;
    for (const time of within(this.holes, range, (one) => one)) {
      const x = (scale.timeToCoordinate(time) - half) * across;
      dottedLine(context, x, bitmapSize.height, colour("warn"), across);
    }
    const width = Math.max(1, half * 1.4 * across);
    for (const [row, [name, paint]] of STRIPS.entries()) {
      context.fillStyle = colour(paint);
      const y = bitmapSize.height - (row * ROW + HEIGHT + 2) * down;
      for (const { time, flags } of within(this.flagged, range, (one) => one.time)) {
        if (!flags.includes(name)) continue;
        context.fillRect(scale.timeToCoordinate(time) * across - width / 2, y, width, HEIGHT * down);
      }
    }
  }
}

function dottedLine(context, x, height, style, width) {
  context.beginPath();
  context.setLineDash([2 * width, 4 * width]);
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.strokeStyle = style;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

/** Return the part of a sorted list whose times are in view. */
function within(list, { from, to }, timeOf) {
  return list.slice(firstFrom(list, from, timeOf), firstFrom(list, to + 1, timeOf));
}

function firstFrom(list, time, timeOf) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(list[middle]) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
