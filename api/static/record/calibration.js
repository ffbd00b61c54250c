// Whether chances came true as often as they said, model by model.

import { calibrationPlot } from "../charts/plots.js";
import { h, show } from "../parts/dom.js";
import { count, number, percent, signed } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";

const COLUMNS = [
  ["Slot"], ["Model", "mono.small"], ["Outcomes", "number"], ["Error, live", "number"], ["before the fact", "number"],
  ["Brier", "number"], ["of the prior", "number"], ["Skill, live", "number"], ["State"], [""],
];
const CLASSES = { buy: "Buy", sell: "Sell", no: "Neither" };

export function calibrationPart({ models }) {
  if (!models.length) return empty("No model has spoken yet", "Of each that does, chances are held against what came.");
  const detail = h("div");
  return [
    table("Calibration by model", COLUMNS, models.map((one) => row(one, detail))), detail,
    h("p.small.muted.body", {}, "Direction: the chance of buy where buy or sell came. The error is the mean gap between what was said and how often it came; live figures are told from 200 outcomes on, and of no trade, too. Before the fact is the walk-forward of the training."),
  ];
}

function row(one, detail) {
  const { live, walk_forward: before } = one;
  const button = h("button.link", { type: "button", onclick: () => show(detail, details(one)) }, "Plots");
  return [
    `${one.symbol} ${one.tf_code}`, one.model_v, count(one.n_live), ranged(live), ranged(before),
    number(live?.brier ?? before?.brier, 4), number(live?.brier_prior ?? before?.brier_prior, 4), signed(live?.skill, 4),
    one.drift ? h("span.chip.bad", {}, "drifts") : h("span.chip.good", {}, "steady"), plotted(one) ? button : null,
  ];
}

const plotted = ({ live, walk_forward: before }) => Boolean(live?.bins.length || before?.bins.length);

function ranged(one) {
  if (!one || one.ece === null) return "–";
  const sure = one.ece_low !== null && one.ece_high !== null;
  return [percent(one.ece), sure && h("div.small.muted", {}, `${percent(one.ece_low)} to ${percent(one.ece_high)}`)];
}

function details(one) {
  const live = Boolean(one.live?.bins.length);
  const shown = live ? one.live : one.walk_forward;
  const parts = [["Direction", shown], ...Object.entries(shown.classes ?? {}).map(([name, each]) => [CLASSES[name] ?? name, each])];
  return h("div.body.grid", {},
    h("h3", {}, `${one.symbol} ${one.tf_code}, ${live ? "live" : "before the fact"}`),
    h("div.grid.plots", {}, parts.filter(([, each]) => each.bins.length).map(([name, each]) =>
      h("div", {}, h("h3", {}, name), plot(each)))));
}

const plot = (one) => calibrationPlot({
  ...one, bins: one.bins.map((bin) => ({ ...bin, probability: bin.mean_probability })),
}, { said: "said to come", came: "Came" });
