// Models: what was trained, which speak, why they were promoted or not, and training.

import { get, offers } from "./api.js";
import { h, show } from "./dom.js";
import { count, percent, when } from "./format.js";
import { scoreboard } from "./forecast_sources.js";
import { chosenSeries, heldSeries, seriesText } from "./held.js";
import { JobList } from "./jobs.js";
import { lstmDetails, slotDetails } from "./model_details.js";
import { empty, fillWith } from "./states.js";
import { trainingForm } from "./training.js";
import { isJudged, skillLimit, skillWhisker, verdictChip } from "./verdict.js";

const TRAININGS = new Set(["train_slot", "train_lstm_from_redis"]);

export async function open(main, parameters, signal) {
  const view = { list: h("div"), details: h("div.grid"), form: h("div.body"), jobs: new JobList(signal), parameters, signal };
  view.refresh = () => fillWith(view.list, () => modelTable(view), { signal, quiet: true });
  show(main, h("h1.hidden-text", {}, "Models"),
    h("section.panel", { "aria-label": "Trained models" }, h("header", {}, h("h2", {}, "Trained models")), view.list),
    h("section.panel", { "aria-label": "Train a model" }, h("header", {}, h("h2", {}, "Train a model")), view.form), view.details);
  await Promise.all([
    fillWith(view.list, () => modelTable(view), { signal }),
    fillWith(view.form, async () => formWithJobs(view, await heldSeries(signal)), { signal }),
    followRunning(view),
  ]);
}

function formWithJobs(view, held) {
  if (!held.length) return empty("No candles to train on", "Fetch some from an exchange or send your own.", h("a", { href: "/docs" }, "How to bring candles in"));
  return h("div.grid", {}, trainingForm(held, chosenSeries(held, view.parameters), view), view.jobs.element);
}

/** Trainings that were begun elsewhere show here too. */
async function followRunning(view) {
  const lists = await Promise.all(["running", "queued"].map((state) => get("/tasks", { state, limit: 20 }, view.signal).catch(() => ({ tasks: [] }))));
  for (const task of lists.flatMap(({ tasks }) => tasks)) {
    if (TRAININGS.has(task.name)) view.jobs.add(task.task_id, task.name.replaceAll("_", " "), view.refresh);
  }
}

async function modelTable(view) {
  const [slots, board, { models }] = await Promise.all([
    offers("GET", "/slots").then((there) => (there ? get("/slots", {}, view.signal) : { slots: [] })),
    scoreboard({}, view.signal),
    get("/lstm/models", {}, view.signal),
  ]);
  if (!slots.slots.length && !models.length) return empty("Nothing trained yet", "Train the first model below; it is judged by a walk-forward before it may speak.");
  const entries = [...slots.slots.map((slot) => slotEntry(slot, board)), ...models.map(lstmEntry)];
  const limit = skillLimit(entries.flatMap(({ walked, live }) => [walked?.skill, live?.skill]));
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Models" }, h("table", {}, tableHead(limit), h("tbody", {}, entries.map((entry) => entryRow(entry, limit, view)))));
}

function slotEntry(slot, board) {
  const live = board.find((row) => ["platform", "symbol", "resolution", "horizon", "model"].every((name) => row[name] === slot[name]));
  return {
    name: slot.model.replace("_", " "), series: seriesText(slot), horizon: slot.horizon,
    walked: slot.walk_forward, live: live?.n ? { n: live.n, skill: live.scores.skill, verdict: live.verdict } : null,
    since: slot.promoted_at, problem: slot.last_error,
    details: (view) => slotDetails(slot, view.signal),
  };
}

function lstmEntry(model) {
  return {
    name: `LSTM ${model.name}/${model.id}`, series: seriesText(model), horizon: model.nsteps,
    walked: { n: model.n, skill: model.scores?.skill, verdict: model.verdict }, live: null, since: model.trained_at,
    details: (view) => lstmDetails(model, view.signal),
  };
}

function tableHead(limit) {
  const titles = ["Model", "Series", "Ahead", `Walk-forward, ±${percent(limit)}`, "Made before the fact", "Speaks since"];
  return h("thead", {}, h("tr", {}, titles.map((name) => h("th", { scope: "col" }, name))));
}

function entryRow(entry, limit, view) {
  const row = h("tr", {},
    h("td", {}, h("button.link", { type: "button", onclick: () => choose(row, entry, view) }, entry.name)),
    h("td", {}, entry.series), h("td.mono", {}, entry.horizon), h("td", {}, belief(entry.walked, limit)), h("td", {}, belief(entry.live, limit)),
    h("td.small", {}, entry.since ? h("span.mono", {}, when(entry.since)) : h("span.chip", { title: entry.problem ?? "" }, "no champion")));
  return row;
}

function belief(judged, limit) {
  if (!judged) return h("span.small.muted", {}, "none scored yet");
  return h("div.skill", {}, skillWhisker(judged.skill, judged.verdict, limit), isJudged(judged.skill) ? verdictChip(judged.verdict) : h("span.chip", {}, "too early"), h("span.small.muted", {}, `n ${count(judged.n)}`));
}

function choose(row, entry, view) {
  for (const other of row.parentElement.rows) other.classList.toggle("chosen", other === row);
  fillWith(view.details, () => entry.details(view), { signal: view.signal }).then(() => {
    view.details.scrollIntoView({ behavior: "smooth", block: "nearest" });
  });
}
