// Whether models still read what they learnt from, and what became of trainings.

import { h } from "../parts/dom.js";
import { ago, count, number } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";

const LOOKS = { ok: "good", watch: "warn", drift: "bad", missing: "bad", unknown: "note" };
const WORST = ["missing", "drift", "watch", "unknown", "ok"];
const ROWS = 200;
const FEATURES = [["Slot"], ["Input"], ["PSI", "number"], ["Missing", "number"], ["State"]];

export function featuresPart({ feature_health: features }) {
  if (!features.length) {
    return empty("Nothing is measured yet", "The inputs of offered slots are measured once a day, and after each training.");
  }
  const counts = WORST.map((status) => [status, features.filter((one) => one.status === status).length]);
  const worst = features.filter((one) => one.status !== "ok").toSorted(
    (one, other) => WORST.indexOf(one.status) - WORST.indexOf(other.status) || (other.psi ?? 0) - (one.psi ?? 0));
  return [
    h("p.legend.body", {}, counts.filter(([, n]) => n).map(([status, n]) =>
      h("span", {}, h(`span.chip.${LOOKS[status]}`, {}, status), count(n)))),
    worst.length
      ? table("Inputs that have moved or lack", FEATURES, worst.slice(0, ROWS).map(row))
      : h("p.body.muted", {}, "All inputs are as they were in training."),
    worst.length > ROWS && h("p.small.muted.body", {}, `The worst ${count(ROWS)} of ${count(worst.length)}.`),
  ];
}

const row = (one) => [
  `${one.symbol} ${one.tf_code}`, one.feature.replaceAll("_", " "), number(one.psi, 3), `${number(one.missing_pct, 1)} %`,
  h(`span.chip.${LOOKS[one.status]}`, {}, one.status),
];

const EVENTS = { trained: "note", promoted: "good", refused: "warn", failed: "bad" };
const MODELS = [["When", "small"], ["Slot"], ["Model", "mono.small"], ["Event"], ["Why", "wrap.small"]];

export function modelsPart({ models_24h: events }) {
  if (!events.length) return empty("No training in 24 hours", "Slots are trained by themselves once a week, and when they drift.");
  return table("Trainings of 24 hours", MODELS, events.map((one) => [
    ago(one.at), `${one.symbol} ${one.tf_code}`, one.model_v ?? "–", h(`span.chip.${EVENTS[one.event]}`, {}, one.event), one.reason,
  ]));
}
