// One model in detail: how it was judged, fold by fold, and by what it decides.

import { get } from "./api.js";
import { h } from "./dom.js";
import { count, number, percent, resolutionName, short, signedPercent, when } from "./format.js";
import { seriesText } from "./held.js";
import { calibrationPlot, coverageBars, foldTable, importanceBars } from "./plots.js";
import { empty } from "./states.js";
import { verdictChip, verdictPanel } from "./verdict.js";

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
const panel = (title, ...content) => h("section.panel", { "aria-label": title }, h("header", {}, h("h2", {}, title)), h("div.body.grid", {}, content));

export async function slotDetails(slot, signal) {
  const { platform, symbol, resolution, horizon, model } = slot;
  const asked = { platform, symbol, resolution: resolutionName(resolution), horizon, model };
  const { runs } = await get("/slots/runs", asked, signal);
  if (!runs.length) return panel("No finished training", empty("No training of this slot has ended well yet", slot.last_error ?? ""));
  const champion = runs.find((run) => run.champion);
  return [judged(champion ?? runs[0], slot, Boolean(champion)), challengers(runs)];
}

function judged(run, slot, champion) {
  const { details, scores, baseline_scores: baseline } = run;
  const importance = mergedImportance(details.model?.importance);
  const name = `${slot.model.replace("_", " ")} for ${seriesText(slot)}, ${slot.horizon} ahead`;
  return h("div.grid", {},
    panel(champion ? `Champion: ${name}` : `Newest challenger: ${name}`, verdictPanel(run.verdict, scores.skill, { n: run.n, what: "in the walk-forward" }), scoreFacts(scores, baseline),
      h("p.small.muted", {}, `Trained ${when(run.created_at)} on ${count(run.candles)} candles to ${when(run.last_time)}, seed ${run.seed}, data ${run.data_hash.slice(0, 10)}, model ${run.model_hash.slice(0, 10)}.`)),
    panel("Walk-forward folds", foldTable(details.folds ?? [])),
    h("div.grid.three", {},
      details.calibration?.bins?.length ? panel("Calibration", calibrationPlot(details.calibration)) : null,
      panel("Coverage and rivals", coverageBars(scores.coverage), rivals(scores, baseline, details.other_baselines)),
      importance ? panel("What it decides by", importanceBars(importance)) : null));
}

function scoreFacts(scores, baseline) {
  return h("dl.facts", {}, fact("MAE", short(scores.mae)), fact("MAE of last price", short(baseline.mae)), fact("MASE", number(scores.mase, 3)),
    fact("Direction right", percent(scores.direction?.accuracy)), fact("Base rate", percent(scores.direction?.base_rate)),
    fact("Brier", number(scores.brier, 4)), fact("After costs, 1x fees", signedPercent(scores.after_costs?.["1x"])), fact("Diebold-Mariano p", number(scores.dm?.p_value, 3)));
}

/** The same walk-forward by the simplest means there are. */
function rivals(scores, baseline, others = {}) {
  const all = [["this model", scores], ["last price", baseline], ...Object.entries(others)];
  const rows = all.map(([name, card]) => h("tr", {}, h("td", {}, name.replaceAll("_", " ")), h("td.number", {}, short(card.mae)), h("td.number", {}, short(card.pinball))));
  return h("div.scroll-x", {}, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Forecast"), h("th.number", { scope: "col" }, "MAE"), h("th.number", { scope: "col" }, "Pinball"))), h("tbody", {}, rows)));
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

function challengers(runs) {
  const rows = runs.map((run) => h("tr", {}, h("td.mono", {}, when(run.created_at)), h("td", {}, run.champion ? h("span.chip.note", {}, "champion") : h("span.chip", {}, run.promoted ? "former champion" : "challenger")),
    h("td", {}, verdictChip(run.verdict)), h("td.number", {}, signedPercent(run.scores.skill?.value)), h("td.small", {}, run.reason.replaceAll("_", " ")), h("td.wrap.small", {}, run.decision.reason)));
  const titles = [["Trained"], ["Role"], ["Verdict"], ["Skill", 1], ["Because of"], ["Why promoted, or not"]];
  return h("section.panel", { "aria-label": "Champion and challengers" }, h("header", {}, h("h2", {}, "Champion and challengers")), h("div.scroll-x", {}, h("table", {},
    h("thead", {}, h("tr", {}, titles.map(([name, numeric]) => h(numeric ? "th.number" : "th", { scope: "col" }, name)))), h("tbody", {}, rows))));
}

export async function lstmDetails(model, signal) {
  const path = `/lstm/models/${encodeURIComponent(model.name)}/${encodeURIComponent(model.id)}`;
  const { metadata } = await get(path, {}, signal);
  const { scores, baseline_scores: baseline } = metadata;
  return h("div.grid", {},
    panel(`LSTM ${model.name}/${model.id} for ${seriesText(model)}`, verdictPanel(metadata.verdict, scores.skill, { n: metadata.n, what: "in the walk-forward" }), scoreFacts(scores, baseline),
      h("p.small.muted", {}, `Looks back ${count(metadata.seq_len)} candles, forecasts ${count(metadata.nsteps)}. Trained ${when(metadata.trained_at)}, data ${String(metadata.data_hash).slice(0, 10)}.`)),
    panel("Walk-forward folds", foldTable(metadata.folds ?? [])),
    h("div.grid.two", {}, panel("Coverage", coverageBars(scores.coverage)), panel("By steps ahead", horizonTable(metadata.by_horizon ?? []))));
}

function horizonTable(steps) {
  const rows = steps.map((step) => h("tr", {}, h("td.mono", {}, step.horizon), h("td.number", {}, short(step.scores.mae)), h("td.number", {}, short(step.baseline_scores.mae)), h("td.number", {}, signedPercent(step.scores.skill?.value)), h("td", {}, verdictChip(step.verdict))));
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Errors by steps ahead" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Ahead"), h("th.number", { scope: "col" }, "MAE"), h("th.number", { scope: "col" }, "Last price's"), h("th.number", { scope: "col" }, "Skill"), h("th", { scope: "col" }, "Verdict"))), h("tbody", {}, rows)));
}
