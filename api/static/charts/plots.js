// Small pictures of numbers, drawn as SVG.

import { barLine, filled, strip } from "../parts/bars.js";
import { h, svg } from "../parts/dom.js";
import { count, isNumber, percent, when } from "../parts/format.js";
import { table } from "../parts/table.js";
import { skillLimit, skillWhisker, verdictChip } from "../parts/verdict.js";

const SIZE = 220;
const EDGE = 34;

/** How often it came against how likely it was said to be; on the diagonal is honest. */
export function calibrationPlot({ bins, ece, n }, { said = "said to go up", came = "Went up" } = {}) {
  const values = bins.flatMap((bin) => [bin.probability, bin.low, bin.high]);
  const low = Math.max(0, Math.min(...values, 0.4) - 0.02);
  const high = Math.min(1, Math.max(...values, 0.6) + 0.02);
  const at = (value) => ((value - low) / (high - low)) * (SIZE - EDGE - 18);
  const x = (value) => EDGE + at(value);
  const y = (value) => SIZE - EDGE - at(value);
  const ticks = [low, (low + high) / 2, high];
  const bottom = SIZE - EDGE;
  const right = SIZE - 18;
  const text = `Calibration: expected error ${percent(ece, 1)} over ${count(n)} forecasts`;
  const drawing = svg(
    "svg.plot", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": text },
    svg("line.axis", { x1: EDGE, x2: right, y1: bottom, y2: bottom }),
    svg("line.axis", { x1: EDGE, x2: EDGE, y1: 18, y2: bottom }),
    ticks.map((tick) => svg("text", { x: x(tick), y: bottom + 14, "text-anchor": "middle" }, percent(tick, 0))),
    ticks.map((tick) => svg("text", { x: EDGE - 5, y: y(tick) + 4, "text-anchor": "end" }, percent(tick, 0))),
    svg("text", { x: (SIZE + EDGE) / 2, y: SIZE - 4, "text-anchor": "middle" }, said),
    svg("line.ideal", { x1: x(low), y1: y(low), x2: x(high), y2: y(high) }),
    bins.map((bin) => chanceWhisker(x(bin.probability), y(bin.low), y(bin.high))),
    svg("polyline.curve", { points: bins.map((bin) => `${x(bin.probability)},${y(bin.frequency)}`).join(" ") }),
    bins.map((bin) => svg("circle.point", { cx: x(bin.probability), cy: y(bin.frequency), r: 3 })),
  );
  const caption = `${came}, against ${said}; dashed is perfect. Expected calibration error ${percent(ece, 1)}.`;
  return h("figure.grid", {}, drawing, h("figcaption.small.muted", {}, caption));
}

const chanceWhisker = (x, low, high) => svg("line.whisker", { x1: x, x2: x, y1: low, y2: high, opacity: 0.4 });

/** Each stretch of the walk-forward: skill on what came after its training. */
export function foldTable(folds) {
  const limit = skillLimit(folds.map((fold) => fold.scores?.skill));
  const columns = [["Fold"], ["Tested on", "mono.small"], ["n", "number"], [`Skill, ±${percent(limit)}`, "skill-cell"], ["Verdict"]];
  return table("Folds", columns, folds.map(({ test, scores, verdict }, i) => [
    i + 1, test?.start ? `${day(test.start)} – ${day(test.end)}` : "–", count(test?.n ?? scores?.n),
    skillWhisker(scores?.skill, verdict, limit), verdictChip(verdict),
  ]));
}

const day = (time) => when(time).slice(0, 10);

/** Stated coverage against what came: whether intervals hold what they promise. */
export function coverageBars(coverage) {
  const levels = Object.entries(coverage ?? {}).filter(([, value]) => isNumber(value));
  if (!levels.length) return null;
  const bars = levels.map(([level, share]) => barLine(`${percent(Number(level), 0)} interval`, meter(share, Number(level)), percent(share)));
  return h("div.grid", {}, h("h3", {}, "Outcomes inside the interval"), h("div.bars", {}, bars));
}

function meter(share, target) {
  const label = `${percent(share)} of outcomes, ${percent(target, 0)} promised`;
  return strip(
    { role: "img", "aria-label": label }, filled(1, "pale"), filled(share),
    svg("line.zero", { x1: target * 200, x2: target * 200, y1: 0, y2: 12 }),
  );
}

/** The inputs that trees split by most. */
export function importanceBars(importance, most = 12) {
  const all = Object.entries(importance).sort(([, one], [, other]) => other - one).slice(0, most);
  const largest = all[0]?.[1] || 1;
  return h("div.bars", {}, all.map(([name, share]) =>
    barLine(name.replaceAll("_", " "), strip({ "aria-hidden": "true" }, filled(share / largest)), percent(share))));
}
