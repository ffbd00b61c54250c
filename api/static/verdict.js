// Whether a model deserves belief: its skill against last price, in words and as a picture.

import { h, svg } from "./dom.js";
import { isNumber, percent, signedPercent } from "./format.js";

const LOOKS = { skilled: "good", unproven: "warn", no_skill: "bad" };
const NAMES = { skilled: "skilled", unproven: "unproven", no_skill: "no skill" };
const HEADLINES = {
  skilled: "Better than last price, beyond chance",
  unproven: "Not shown to beat last price",
  no_skill: "No better than last price",
};

export const verdictChip = (verdict) =>
  verdict
    ? h(`span.chip.${LOOKS[verdict] ?? "plain"}`, {}, NAMES[verdict] ?? verdict)
    : h("span.chip", {}, "not judged");

/** The verdict in plain words, with the numbers behind it. */
export function verdictPanel(verdict, skill, { n, what = "out of sample" } = {}) {
  const sample = isNumber(n) ? ` on ${n.toLocaleString("en-US")} forecasts ${what}` : "";
  return h(
    "div.verdict", { class: `verdict ${verdict ?? "unproven"}` },
    h("strong", {}, HEADLINES[verdict] ?? "Not judged yet"),
    h("p", {}, sentence(verdict, skill, sample)),
  );
}

function sentence(verdict, skill, sample) {
  if (!isNumber(skill?.value)) return "There are no scored forecasts to judge it by yet.";
  const size = percent(Math.abs(skill.value));
  const errors = `Its errors are ${size} ${skill.value >= 0 ? "smaller" : "larger"} than those of last price${sample}`;
  if (!isNumber(skill.low)) return `${errors}. That is too few for an interval.`;
  const range = `${signedPercent(skill.low, 1)} to ${signedPercent(skill.high, 1)}`;
  const ends = {
    skilled: "the whole 95% interval is above zero",
    unproven: "zero lies within the 95% interval, so luck explains it",
    no_skill: "the 95% interval leaves no room for an advantage",
  };
  return `${errors}: ${range}; ${ends[verdict] ?? "95% interval"}.`;
}

/** A whisker on a scale that is the same for every row: zero is last price. */
export function skillWhisker(skill, verdict, limit = 0.1) {
  const x = (value) => 75 + (Math.max(-limit, Math.min(limit, value)) / limit) * 70;
  const look = LOOKS[verdict] ?? "warn";
  const known = isNumber(skill?.value);
  const label = known
    ? `skill ${signedPercent(skill.value, 1)}, 95% interval ${signedPercent(skill.low, 1)} to ${signedPercent(skill.high, 1)}`
    : "no skill measured";
  return svg(
    "svg", { viewBox: "0 0 150 22", role: "img", "aria-label": label },
    svg("line.axis", { x1: 5, x2: 145, y1: 11, y2: 11 }),
    svg("line.zero", { x1: 75, x2: 75, y1: 2, y2: 20 }),
    isNumber(skill?.low) && svg(`line.whisker.${look}`, { x1: x(skill.low), x2: x(skill.high), y1: 11, y2: 11 }),
    known && svg(`circle.point.${look}`, { cx: x(skill.value), cy: 11, r: 4 }),
  );
}

/** The scale that shows the intervals of all these rows. */
export function skillLimit(skills) {
  const reach = skills.flatMap((skill) => [skill?.value, skill?.low, skill?.high]).filter(isNumber).map(Math.abs);
  return Math.min(1, Math.max(0.02, ...reach) * 1.05);
}
