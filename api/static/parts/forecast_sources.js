// Where forecasts of a series come from: slots of the ledger, and LSTM models asked right now.

import { follow, get, offers, post } from "./api.js";
import { seconds } from "./format.js";
import { sameSeries } from "./held.js";

const PAGE = 10_000;

/** List what forecasts a series: {id, text, verdict, skill, n, rows()}. */
export async function forecastSources(series, signal) {
  const [slots, models] = await Promise.all([ledgerSlots(series, signal), lstmModels(series, signal)]);
  return [...slots, ...models];
}

async function ledgerSlots(series, signal) {
  const { platform, symbol, resolution } = series;
  const [rows, trained] = await Promise.all([scoreboard({ platform, symbol, resolution }, signal), trainedSlots(signal)]);
  const walkedOf = (row) => trained.find((one) => sameSeries(one, row) && one.model === row.model && one.horizon === row.horizon);
  return rows.map((row) => ({
    id: `slot:${row.model}:${row.horizon}`,
    text: `${row.model.replace("_", " ")}, ${row.horizon} ahead`,
    verdict: row.verdict,
    skill: row.scores?.skill,
    n: row.n,
    what: "made before the fact",
    walked: walkedOf(row)?.walk_forward,
    rows: (since) => slotRows({ ...series, model: row.model, horizon: row.horizon }, since, signal),
  }));
}

/** Return the slots of the registry with their champions. */
export async function trainedSlots(signal) {
  return (await offers("GET", "/slots")) ? (await get("/slots", {}, signal)).slots : [];
}

/** Return the scoreboard's rows of some slots, none where the server has no ledger. */
export async function scoreboard(slot, signal) {
  if (!(await offers("GET", "/scoreboard"))) return [];
  return (await get("/scoreboard", slot, signal)).rows;
}

/** Return the ledger's rows of a slot, oldest first. */
export async function ledgerRows({ ledger, platform, symbol, resolution, horizon, model }, since, signal) {
  if (!(await offers("GET", "/ledger"))) return [];
  const found = [];
  const asked = { ledger, platform, symbol, resolution, horizon, model, start: since, limit: PAGE };
  do {
    const page = await get("/ledger", asked, signal);
    found.push(...page.rows);
    asked.cursor = page.next_cursor;
  } while (asked.cursor);
  return found.sort((one, other) => Date.parse(one.opening) - Date.parse(other.opening));
}

async function slotRows(slot, since, signal) {
  const rows = await ledgerRows(slot, since, signal);
  return rows.map((row) => bandRow(seconds(row.opening), row.predicted, row.intervals, row));
}

async function lstmModels(series, signal) {
  const { models } = await get("/lstm/models", {}, signal);
  return models.filter((one) => sameSeries(one, series)).map((one) => ({
    id: `lstm:${one.name}:${one.id}`,
    text: `LSTM ${one.name}/${one.id}, ${one.nsteps} ahead`,
    verdict: one.verdict,
    skill: one.scores?.skill,
    n: one.n,
    what: "in the walk-forward",
    rows: () => lstmRows(one, signal),
  }));
}

async function lstmRows(model, signal) {
  const asked = { model_name: model.name, model_id: model.id };
  let answer = await post("/lstm/predictnsteps", asked, { signal });
  if (answer.task_id && !answer.predictions) {
    const task = await follow(answer.task_id, () => {}, signal);
    if (task.state !== "succeeded") throw new Error(task.error?.detail ?? "The forecast was not made.");
    answer = task.result;
  }
  return answer.predictions.map((step) => bandRow(seconds(step.time), step.predicted, step.interval, {}));
}

/** Return a forecast as charts draw it; bounds that were not said are undefined. */
export function bandRow(time, value, intervals, row) {
  const [low80, high80] = intervals?.["0.8"] ?? [];
  const [low95, high95] = intervals?.["0.95"] ?? [];
  return { time, value, low80, high80, low95, high95, probUp: row.prob_up, realised: row.realised };
}
