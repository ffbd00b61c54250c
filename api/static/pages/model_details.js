// One model in detail: how it was judged, fold by fold, and by what it decides.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { count, isNumber, number, percent, resolutionName, short, signedPercent, when } from "../parts/format.js";
import { seriesText } from "../parts/held.js";
import { lstmCare } from "./model_care.js";
import { calibrationPlot, coverageBars, foldTable, importanceBars } from "../charts/plots.js";
import { scoreboard } from "../parts/forecast_sources.js";
import { empty } from "../parts/states.js";
import { facts, panel, table } from "../parts/table.js";
import { verdictChip, verdictPanel } from "../parts/verdict.js";

const box = (title, ...content) => panel(title, h("div.body.grid", {}, content));

export async function slotDetails(slot, signal) {
  const { platform, symbol, resolution, horizon, model } = slot;
  const asked = { platform, symbol, resolution: resolutionName(resolution), horizon, model };
  const [{ runs }, [live]] = await Promise.all([get("/slots/runs", asked, signal), scoreboard(asked, signal)]);
  if (!runs.length) {
    return box("No finished training", empty("No training of this slot has ended well yet", slot.last_error ?? ""));
  }
  const champion = runs.find((run) => run.champion);
  const shown = [judged(champion ?? runs[0], slot, Boolean(champion)), challengers(runs)];
  return live?.n ? [madeBefore(live), ...shown] : shown;
}

/** What the ledger's own forecasts are worth; every figure may be looked at as often as one likes. */
function madeBefore({ n, missed, verdict, scores, p_value_of_all: ofAll }) {
  const p = (value) => number(value, 3);
  return box(
    "Made before the fact",
    verdictPanel(verdict, scores.skill, { n, what: "made before the fact" }),
    facts(
      ["Missed", count(missed)], ["p-value, better than last price", p(scores.dm?.better_p_value)],
      ["The same, for all slots (Holm)", p(ofAll)], ["Direction right", percent(scores.direction?.accuracy)],
      ["p-value, direction", p(scores.direction?.p_value)], ...afterCosts(scores.after_costs?.["1x"]),
    ),
    h("p.small.muted", {}, "Intervals and p-values hold however often somebody looks (e-values, confidence sequences)."),
  );
}

/** Mean return a forecast at one time the costs; earlier versions told the mean alone. */
function afterCosts(earned) {
  if (typeof earned !== "object" || earned === null) return [["After costs, 1x fees", signedPercent(earned)]];
  const { trades, mean, low, high } = earned;
  const range = `${signedPercent(low, 3)} to ${signedPercent(high, 3)}`;
  return [
    ["After costs, 1x fees", signedPercent(mean, 3)], ["Its interval", isNumber(low) ? range : "too early"], ["Trades", count(trades)],
  ];
}

function judged(run, slot, champion) {
  const { details, scores, baseline_scores: baseline } = run;
  const importance = mergedImportance(details.model?.importance);
  const name = `${slot.model.replace("_", " ")} for ${seriesText(slot)}, ${slot.horizon} ahead`;
  return h(
    "div.grid", {},
    box(
      `${champion ? "Champion" : "Newest challenger"}: ${name}`,
      verdictPanel(run.verdict, scores.skill, { n: run.n, what: "in the walk-forward", candidates: run.decision.candidates }),
      scoreFacts(scores, baseline), h("p.small.muted", {}, origin(run)),
    ),
    box("Walk-forward folds", foldTable(details.folds ?? [])),
    h(
      "div.grid.three", {},
      details.calibration?.bins?.length ? box("Calibration", calibrationPlot(details.calibration)) : null,
      box("Coverage and rivals", coverageBars(scores.coverage), rivals(scores, baseline, details)),
      importance ? box("What it decides by", importanceBars(importance)) : null,
    ),
  );
}

const origin = (run) =>
  `Trained ${when(run.created_at)} on ${count(run.candles)} candles to ${when(run.last_time)}, seed ${run.seed}, ` +
  `data ${run.data_hash.slice(0, 10)}, model ${run.model_hash.slice(0, 10)}.`;

function scoreFacts(scores, baseline) {
  return facts(
    ["MAE", short(scores.mae)], ["MAE of last price", short(baseline.mae)], ["MASE", number(scores.mase, 3)],
    ["Direction right", percent(scores.direction?.accuracy)], ["Base rate", percent(scores.direction?.base_rate)],
    ["Brier", number(scores.brier, 4)], ...afterCosts(scores.after_costs?.["1x"]),
    ["Diebold-Mariano p", number(scores.dm?.p_value, 3)],
  );
}

/** The same walk-forward by the simplest means there are. */
function rivals(scores, baseline, { baseline: name = "last price", other_baselines: others = {} }) {
  const all = [["this model", scores], [name, baseline], ...Object.entries(others)];
  return table("Rivals", [["Forecast"], ["MAE", "number"], ["Pinball", "number"]],
    all.map(([name, card]) => [name.replaceAll("_", " "), short(card.mae), short(card.pinball)]));
}

/** Shares of all trees together: each part adds up to one, or is empty. */
function mergedImportance(parts) {
  if (!parts) return null;
  const merged = {};
  const lists = Object.values(parts).filter((part) => part && Object.keys(part).length);
  for (const part of lists) {
    for (const [name, value] of Object.entries(part)) merged[name] = (merged[name] ?? 0) + value / lists.length;
  }
  return Object.values(merged).some((value) => value > 0) ? merged : null;
}

const RUNS = [
  ["Trained", "mono"], ["Role"], ["Verdict"], ["Skill", "number"], ["Because of", "small"],
  ["Why promoted, or not", "wrap.small"],
];

function challengers(runs) {
  return panel("Champion and challengers", table("Trainings", RUNS, runs.map((run) => [
    when(run.created_at), role(run), verdictChip(run.verdict), signedPercent(run.scores.skill?.value),
    run.reason.replaceAll("_", " "), run.decision.reason,
  ])));
}

function role({ champion, promoted }) {
  if (champion) return h("span.chip.note", {}, "champion");
  return h("span.chip", {}, promoted ? "former champion" : "challenger");
}

export async function lstmDetails(model, view) {
  const path = `/lstm/models/${encodeURIComponent(model.name)}/${encodeURIComponent(model.id)}`;
  const { metadata } = await get(path, {}, view.signal);
  const { scores, baseline_scores: baseline } = metadata;
  const text = `Looks back ${count(metadata.seq_len)} candles, forecasts ${count(metadata.nsteps)}. ` +
    `Trained ${when(metadata.trained_at)}, data ${String(metadata.data_hash).slice(0, 10)}.`;
  return h(
    "div.grid", {}, lstmCare(model, metadata, view),
    box(
      `LSTM ${model.name}/${model.id} for ${seriesText(model)}`,
      verdictPanel(metadata.verdict, scores.skill, { n: metadata.n, what: "in the walk-forward" }),
      scoreFacts(scores, baseline), h("p.small.muted", {}, text),
    ),
    box("Walk-forward folds", foldTable(metadata.folds ?? [])),
    h(
      "div.grid.two", {},
      box("Coverage and rivals", coverageBars(scores.coverage), rivals(scores, baseline, metadata)),
      box("By steps ahead", horizonTable(metadata.by_horizon ?? [])),
    ),
  );
}

const STEPS = [["Ahead", "mono"], ["MAE", "number"], ["Last price's", "number"], ["Skill", "number"], ["Verdict"]];

function horizonTable(steps) {
  return table("Errors by steps ahead", STEPS, steps.map(({ horizon, scores, baseline_scores: baseline, verdict }) => [
    horizon, short(scores.mae), short(baseline.mae), signedPercent(scores.skill?.value), verdictChip(verdict),
  ]));
}
