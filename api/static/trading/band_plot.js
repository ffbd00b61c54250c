// A position on one line: its stop, entry, price and target, over the range that is forecast.

import { svg } from "../parts/dom.js";
import { isNumber } from "../parts/format.js";

const WIDTH = 200;
const HEIGHT = 22;
const EDGE = 5;

export function bandPlot(position, range, shown) {
  const { stop_loss: stop, open_price: entry, current_price: now, take_profit: target } = position;
  const values = [stop, entry, now, target, range.low, range.high].filter(isNumber);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = (value) => EDGE + ((value - least) / (most - least || 1)) * (WIDTH - 2 * EDGE);
  const mark = (value, look) => isNumber(value) && svg(`line.mark.${look}`, { x1: x(value), x2: x(value), y1: 3, y2: HEIGHT - 3 });
  const label = `Stop ${shown(stop)}, entry ${shown(entry)}, now ${shown(now)}, target ${shown(target)}; `
    + `forecast for ${range.horizon}: ${shown(range.low)} to ${shown(range.high)}`;
  return svg("svg.plot.range-plot", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    svg("rect.band", { x: x(range.low), width: Math.max(2, x(range.high) - x(range.low)), y: 4, height: HEIGHT - 8 }),
    svg("line.axis", { x1: EDGE, x2: WIDTH - EDGE, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
    mark(stop, "stop"), mark(entry, "entry"), mark(target, "target"),
    isNumber(now) && svg("circle.point", { cx: x(now), cy: HEIGHT / 2, r: 4 }));
}
