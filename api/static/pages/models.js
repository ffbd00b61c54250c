// Models: what was trained, which speak, why they were promoted or not, and training.

import { get } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { count, percent, when } from "../parts/format.js";
import { scoreboard, trainedSlots } from "../parts/forecast_sources.js";
import { chosenSeries, heldSeries, seriesText } from "../parts/held.js";
import { JobList } from "../parts/jobs.js";
import { slotCare } from "./model_care.js";
import { lstmDetails, slotDetails } from "./model_details.js";
import { empty, fillWith } from "../parts/states.js";
import { panel, row, scrolling, table } from "../parts/table.js";
import { trainingForm } from "./training.js";
import { isJudged, skillLimit, skillWhisker, verdictChip } from "../parts/verdict.js";

const SLOT = ["platform", "symbol", "resolution", "horizon", "model"];
const OUTSIDE = "external.";
const TRAININGS = new Set(["train_slot", "train_lstm_from_redis"]);

export async function open(main, parameters, signal) {
  const view = { list: h("div"), details: h("div.grid"), form: h("div.body"), jobs: new JobList(signal), parameters, signal };
  const outside = h("div");
  view.refresh = () => fillWith(view.list, () => modelTable(view), { signal, quiet: true });
  show(
    main, h("h1.hidden-text", {}, "Models"), panel("Trained models", view.list), outside, panel("Train a model", view.form), view.details,
  );
  await Promise.all([
    fillWith(view.list, () => modelTable(view), { signal }),
    showOutside(outside, signal),
    fillWith(view.form, async () => formWithJobs(view, await heldSeries(signal)), { signal }),
    followRunning(view),
  ]);
}

/** Forecasters outside this server, whose forecasts stand in the same ledger; none, no panel. */
async function showOutside(place, signal) {
  const rows = (await scoreboard({}, signal)).filter(({ model }) => model.startsWith(OUTSIDE));
  if (!rows.length || signal.aborted) return;
  const limit = skillLimit(rows.map(({ scores }) => scores.skill));
  const columns = [
    ["Forecaster"], ["Series"], ["Ahead", "mono"], [`Made before the fact, ±${percent(limit)}`], ["Missed", "number"], ["Too late", "number"],
  ];
  show(place, panel("Outside forecasters", table("Outside forecasters", columns, rows.map((row) => [
    row.model.slice(OUTSIDE.length), seriesText(row), row.horizon,
    belief(row.n ? { n: row.n, skill: row.scores.skill, verdict: row.verdict } : null, limit), count(row.missed), count(row.late),
  ]))));
}

async function formWithJobs(view, held) {
  if (!held.length) {
    const way = h("a", { href: "/docs" }, "How to bring candles in");
    return empty("No candles to train on", "Fetch some from an exchange or send your own.", way);
  }
  const form = await trainingForm(held, chosenSeries(held, view.parameters) ?? held[0], view);
  return h("div.grid", {}, form, view.jobs.element);
}

/** Trainings that were begun elsewhere show here too. */
async function followRunning(view) {
  const lists = await Promise.all(["running", "queued"].map((state) => tasksThat(state, view.signal)));
  for (const task of lists.flat()) {
    if (TRAININGS.has(task.name)) view.jobs.add(task.task_id, task.name.replaceAll("_", " "), view.refresh);
  }
}

async function tasksThat(state, signal) {
  const found = await get("/tasks", { state, limit: 20 }, signal).catch(() => null);
  return found?.tasks ?? [];
}

async function modelTable(view) {
  const [slots, board, { models }] = await Promise.all([
    trainedSlots(view.signal),
    scoreboard({}, view.signal),
    get("/lstm/models", {}, view.signal),
  ]);
  if (!slots.length && !models.length) {
    return empty("Nothing trained yet", "Train the first model below; it is judged by a walk-forward before it may speak.");
  }
  const entries = [...slots.map((slot) => slotEntry(slot, board)), ...models.map(lstmEntry)];
  const limit = skillLimit(entries.flatMap(({ walked, live }) => [walked?.skill, live?.skill]));
  const columns = [
    ["Model"], ["Series"], ["Ahead", "mono"], [`Walk-forward, ±${percent(limit)}`], ["Made before the fact"],
    ["Speaks since", "small"],
  ];
  return scrolling("Models", columns, entries.map((entry) => entryRow(columns, entry, limit, view)));
}

function slotEntry(slot, board) {
  const live = board.find((row) => SLOT.every((name) => row[name] === slot[name]));
  return {
    name: slot.model.replace("_", " "), series: seriesText(slot), horizon: slot.horizon,
    walked: slot.walk_forward, live: live?.n ? { n: live.n, skill: live.scores.skill, verdict: live.verdict } : null,
    since: slot.promoted_at, problem: slot.last_error,
    details: async (view) => h("div.grid", {}, slotCare(slot, view), await slotDetails(slot, view.signal)),
  };
}

function lstmEntry(model) {
  return {
    name: `LSTM ${model.name}/${model.id}`, series: seriesText(model), horizon: model.nsteps,
    walked: { n: model.n, skill: model.scores?.skill, verdict: model.verdict }, live: null, since: model.trained_at,
    details: (view) => lstmDetails(model, view),
  };
}

function entryRow(columns, entry, limit, view) {
  const name = h("button.link", { type: "button", onclick: () => choose(line, entry, view) }, entry.name);
  const since = entry.since ? h("span.mono", {}, when(entry.since)) : h("span.chip", { title: entry.problem ?? "" }, "no champion");
  const line = row(columns, [name, entry.series, entry.horizon, belief(entry.walked, limit), belief(entry.live, limit), since]);
  return line;
}

function belief(judged, limit) {
  if (!judged) return h("span.small.muted", {}, "none scored yet");
  const chip = isJudged(judged.skill) ? verdictChip(judged.verdict) : h("span.chip", {}, "too early");
  return h("div.skill", {}, skillWhisker(judged.skill, judged.verdict, limit), chip, h("span.small.muted", {}, `n ${count(judged.n)}`));
}

function choose(chosen, entry, view) {
  for (const other of chosen.parentElement.rows) other.classList.toggle("chosen", other === chosen);
  fillWith(view.details, () => entry.details(view), { signal: view.signal }).then(() => {
    view.details.scrollIntoView({ behavior: "smooth", block: "nearest" });
  });
}
