// Small pictures of numbers, drawn as SVG.

import { h, svg } from "./dom.js";
import { count, isNumber, percent, when } from "./format.js";
import { skillLimit, skillWhisker, verdictChip } from "./verdict.js";

const SIZE = 220;
const EDGE = 34;

/** How often it happened against how likely it was said to be; on the diagonal is honest. */
export function calibrationPlot({ bins, ece, n }) {
  const values = bins.flatMap((bin) => [bin.probability, bin.low, bin.high]);
  const low = Math.max(0, Math.min(...values, 0.4) - 0.02);
  const high = Math.min(1, Math.max(...values, 0.6) + 0.02);
  const at = (value) => ((value - low) / (high - low)) * (SIZE - EDGE - 18);
  const x = (value) => EDGE + at(value);
  const y = (value) => SIZE - EDGE - at(value);
  const ticks = [low, (low + high) / 2, high];
  const drawing = svg(
    "svg.plot", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": `Calibration: expected error ${percent(ece, 1)} over ${count(n)} forecasts` },
    svg("line.axis", { x1: EDGE, x2: SIZE - 18, y1: SIZE - EDGE, y2: SIZE - EDGE }),
    svg("line.axis", { x1: EDGE, x2: EDGE, y1: 18, y2: SIZE - EDGE }),
    ticks.map((tick) => svg("text", { x: x(tick), y: SIZE - EDGE + 14, "text-anchor": "middle" }, percent(tick, 0))),
    ticks.map((tick) => svg("text", { x: EDGE - 5, y: y(tick) + 4, "text-anchor": "end" }, percent(tick, 0))),
    svg("text", { x: (SIZE + EDGE) / 2, y: SIZE - 4, "text-anchor": "middle" }, "said to go up"),
    svg("line.ideal", { x1: x(low), y1: y(low), x2: x(high), y2: y(high) }),
    bins.map((bin) => svg("line.whisker", { x1: x(bin.probability), x2: x(bin.probability), y1: y(bin.low), y2: y(bin.high), opacity: 0.4 })),
    svg("polyline.curve", { points: bins.map((bin) => `${x(bin.probability)},${y(bin.frequency)}`).join(" ") }),
    bins.map((bin) => svg("circle.point", { cx: x(bin.probability), cy: y(bin.frequency), r: 3 })),
  );
  return h("figure.grid", {}, drawing, h("figcaption.small.muted", {}, `Went up, against said to go up; dashed is perfect. Expected calibration error ${percent(ece, 1)}.`));
}

/** Each stretch of the walk-forward: skill on what came after its training. */
export function foldTable(folds) {
  const limit = skillLimit(folds.map((fold) => fold.scores?.skill));
  const rows = folds.map((fold, i) => h("tr", {}, h("td", {}, i + 1),
    h("td.mono.small", {}, fold.test?.start ? `${when(fold.test.start).slice(0, 10)} – ${when(fold.test.end).slice(0, 10)}` : "–"),
    h("td.number", {}, count(fold.test?.n ?? fold.scores?.n)),
    h("td.skill-cell", {}, skillWhisker(fold.scores?.skill, fold.verdict, limit)), h("td", {}, verdictChip(fold.verdict))));
  return h("div.scroll-x", {}, h("table", {},
    h("thead", {}, h("tr", {}, ["Fold", "Tested on"].map((name) => h("th", { scope: "col" }, name)), h("th.number", { scope: "col" }, "n"), h("th", { scope: "col" }, `Skill, ±${percent(limit)}`), h("th", { scope: "col" }, "Verdict"))),
    h("tbody", {}, rows)));
}

/** Stated coverage against what came: whether intervals hold what they promise. */
export function coverageBars(coverage, title = "Outcomes inside the interval") {
  const levels = Object.entries(coverage ?? {}).filter(([, value]) => isNumber(value));
  if (!levels.length) return null;
  return h("div.grid", {}, h("h3", {}, title), h("div.bars", {}, levels.map(([level, share]) =>
    h("div", {}, h("span", {}, `${percent(Number(level), 0)} interval`), meter(share, Number(level)), h("span.number", {}, percent(share))))));
}

function meter(share, target) {
  const x = (value) => value * 200;
  return svg("svg.plot", { viewBox: "0 0 200 12", preserveAspectRatio: "none", role: "img", "aria-label": `${percent(share)} of outcomes, ${percent(target, 0)} promised` },
    svg("rect.bar.pale", { x: 0, y: 2, width: 200, height: 8 }), svg("rect.bar", { x: 0, y: 2, width: x(share), height: 8 }),
    svg("line.zero", { x1: x(target), x2: x(target), y1: 0, y2: 12 }));
}

/** The inputs that trees split by most. */
export function importanceBars(importance, most = 12) {
  const totals = Object.entries(importance).sort(([, one], [, other]) => other - one).slice(0, most);
  const largest = totals[0]?.[1] || 1;
  return h("div.bars", {}, totals.map(([name, value]) => h("div", {}, h("span", {}, name.replaceAll("_", " ")),
    svg("svg.plot", { viewBox: "0 0 200 12", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect.bar", { x: 0, y: 2, width: (200 * value) / largest, height: 8 })),
    h("span.number", {}, percent(value)))));
}
