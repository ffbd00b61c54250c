// Behind the candles: the phases that the market was in, as bands with their names.

import { colour } from "../parts/theme.js";

// Colours of base.css; their soft variants fill, they themselves write.
export const PHASES = { accumulation: "flat", manipulation: "violet", distribution: "accent" };
const TEXT_HEIGHT = 11;
const LINE = 3;
// Above the strips of flags (marks.js).
const BASE = 28;

/** A primitive for the candle series; takes rows {phase, from, to} by openings (s), in order. */
export class Phases {
  constructor() {
    this.rows = [];
    this.visible = true;
  }

  attached({ chart, requestUpdate }) {
    this.chart = chart;
    this.redraw = requestUpdate;
  }

  set(rows) {
    this.rows = rows.filter(({ phase }) => phase in PHASES);
    this.redraw?.();
  }

  show(visible) {
    this.visible = visible;
    this.redraw?.();
  }

  updateAllViews() {}

  paneViews() {
    // The grid runs over the bands, but not over their names.
    return [["bottom", drawBand], ["normal", drawName]].map(([order, drawOne]) => ({
      zOrder: () => order,
      renderer: () => ({
        draw: (target) => this.visible && target.useBitmapCoordinateSpace((scope) => this.draw(scope, drawOne)),
      }),
    }));
  }

  draw(scope, drawOne) {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleRange();
    if (!range) return;
    const half = scale.options().barSpacing / 2;
    const place = (time, beside) =>
      (scale.logicalToCoordinate(scale.timeToIndex(time, true)) + beside) * scope.horizontalPixelRatio;
    for (const { phase, from, to } of this.rows) {
      if (to >= range.from && from <= range.to) drawOne(scope, phase, place(from, -half), place(to, half));
    }
  }
}

function drawBand({ context, bitmapSize: { height }, verticalPixelRatio: down }, phase, left, right) {
  context.fillStyle = colour(`${PHASES[phase]}-soft`);
  context.fillRect(left, 0, right - left, height);
  context.fillStyle = colour(PHASES[phase]);
  context.fillRect(left, height - BASE * down, right - left, LINE * down);
}

function drawName({ context, bitmapSize: { height }, horizontalPixelRatio: across, verticalPixelRatio: down }, phase, left, right) {
  const start = Math.max(left, 0) + 4 * across;
  context.font = `${TEXT_HEIGHT * down}px sans-serif`;
  context.fillStyle = colour(PHASES[phase]);
  if (context.measureText(phase).width < right - start) context.fillText(phase, start, height - (BASE + 5) * down);
}
