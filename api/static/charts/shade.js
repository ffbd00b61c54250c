// A span of time shaded behind a series, with its name.

import { colour } from "../parts/theme.js";

export class Shade {
  constructor(text) {
    this.text = text;
    this.from = null;
  }

  attached({ chart, requestUpdate }) {
    this.chart = chart;
    this.redraw = requestUpdate;
  }

  /** Shade from an instant (s) on; null shades nothing. */
  set(from) {
    this.from = from;
    this.redraw?.();
  }

  updateAllViews() {}

  paneViews() {
    const draw = (target) => this.from !== null && target.useBitmapCoordinateSpace((scope) => this.draw(scope));
    return [{ zOrder: () => "bottom", renderer: () => ({ draw }) }];
  }

  draw({ context, bitmapSize, horizontalPixelRatio: across, verticalPixelRatio: down }) {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleRange();
    if (!range || range.to < this.from) return;
    const index = scale.timeToIndex(this.from, true);
    const x = range.from >= this.from ? 0 : Math.max(0, scale.logicalToCoordinate(index) * across);
    context.fillStyle = colour("accent-soft");
    context.fillRect(x, 0, bitmapSize.width - x, bitmapSize.height);
    context.fillStyle = colour("muted");
    context.font = `${11 * down}px sans-serif`;
    context.fillText(this.text, x + 8 * across, bitmapSize.height - 10 * down);
  }
}
