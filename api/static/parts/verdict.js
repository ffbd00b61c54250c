// Whether a model deserves belief: its skill against last price, in words and as a picture.

import { h, svg } from "./dom.js";
import { count, isNumber, percent, signedPercent } from "./format.js";

const LOOKS = { skilled: "good", unproven: "warn", negligible: "warn", no_skill: "bad" };
const NAMES = {
  skilled: "skilled", unproven: "unproven", negligible: "negligible", no_skill: "no skill",
};
const HEADLINES = {
  skilled: "Better than last price, beyond chance",
  unproven: "Not shown to beat last price",
  negligible: "Better than last price by too little to matter",
  no_skill: "No better than last price",
};

export const verdictChip = (verdict) =>
  verdict
    ? h(`span.chip.${LOOKS[verdict] ?? "plain"}`, {}, NAMES[verdict] ?? verdict)
    : h("span.chip", {}, "not judged");

/** The verdict in plain words, with the numbers behind it. */
export function verdictPanel(verdict, skill, { n, what = "out of sample", candidates = 1 } = {}) {
  if (!isJudged(skill)) return tooEarly(n, what);
  const limit = skillLimit([skill]);
  return h(
    `div.verdict.${verdict}`, {},
    h("strong", {}, HEADLINES[verdict] ?? verdict),
    h("p", {}, sentence(verdict, skill, `${count(n)} forecasts ${what}`, candidates)),
    h("div.skill", {}, skillWhisker(skill, verdict, limit), h("span.small.muted", {}, `scale ±${percent(limit)}, dashed: last price`)),
  );
}

/** Without an interval a number says nothing, however good it looks. */
export const isJudged = (skill) => isNumber(skill?.low) && isNumber(skill?.high);

function tooEarly(n, what) {
  const few = `${count(n)} of its forecasts ${what} met their outcome: too few to tell skill from luck.`;
  const text = n ? few : "None of its forecasts has met its outcome yet.";
  return h("div.verdict.open", {}, h("strong", {}, "Too early to tell"), h("p", {}, text));
}

function sentence(verdict, skill, sample, candidates) {
  const decimals = Math.abs(skill.value) < 0.01 ? 2 : 1;
  const size = percent(Math.abs(skill.value), decimals);
  const compared = Math.abs(skill.value) < 0.00005 ? "as large as"
    : `${size} ${skill.value > 0 ? "smaller" : "larger"} than`;
  const errors = `Its errors are ${compared} those of last price, on ${sample}`;
  const range = `${signedPercent(skill.low, decimals)} to ${signedPercent(skill.high, decimals)}`;
  const allowing = candidates > 1 ? `, allowing for ${count(candidates)} candidates tried,` : "";
  return `${errors}. The 95% interval${allowing} is ${range}: ${meaning(verdict, skill)}.`;
}

// Skill up to 0.03% is not told from none: see verdict() in ml/scoring/uncertainty.py.
function meaning(verdict, { low }) {
  if (verdict === "skilled") return "an advantage is as good as certain";
  if (verdict === "negligible") return "an advantage, but one too small to matter";
  if (verdict === "no_skill") return "there is no room for an advantage that matters";
  return low > 0 ? "an advantage, but perhaps one too small to matter" : "luck explains it as well";
}

/** A whisker on a scale that is the same for every row: zero is last price. */
export function skillWhisker(skill, verdict, limit = 0.1) {
  const x = (value) => 75 + (Math.max(-limit, Math.min(limit, value)) / limit) * 70;
  const look = LOOKS[verdict] ?? "warn";
  const known = isJudged(skill);
  const label = known
    ? `skill ${signedPercent(skill.value)}, 95% interval ${signedPercent(skill.low)} to ${signedPercent(skill.high)}`
    : "too few forecasts to tell skill from luck";
  return svg(
    "svg", { viewBox: "0 0 150 22", role: "img", "aria-label": label },
    svg("line.axis", { x1: 5, x2: 145, y1: 11, y2: 11 }),
    svg("line.zero", { x1: 75, x2: 75, y1: 2, y2: 20 }),
    known && svg(`line.whisker.${look}`, { x1: x(skill.low), x2: x(skill.high), y1: 11, y2: 11 }),
    known && svg(`circle.point.${look}`, { cx: x(skill.value), cy: 11, r: 4 }),
  );
}

/** The scale that shows the intervals of all these rows. */
export function skillLimit(skills) {
  const reach = skills.filter(isJudged).flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]);
  return Math.min(1, Math.max(0.005, ...reach) * 1.05);
}
