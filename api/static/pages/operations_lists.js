// What the server did, and what went wrong.

import { get, remove } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { ago, count, resolutionName, span, when } from "../parts/format.js";
import { seriesText } from "../parts/held.js";
import { stateChip, subjectText, timeLeft } from "../parts/jobs.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";

const ROWS = 30;
const words = (name) => name.replaceAll("_", " ");
const path = (what, ...parts) => `/${what}/${parts.map(encodeURIComponent).join("/")}`;

const TASKS = [["Task"], ["About", "wrap.small"], ["State"], ["Progress", "wrap.small"], ["Begun", "small"], ["Took", "small"], [""]];

export async function tasksPart(signal) {
  const { tasks, total } = await get("/tasks", { limit: ROWS }, signal);
  if (!tasks.length) return empty("No tasks yet", "Fetching, training and forecasting show here.");
  const rows = tasks.map((task) => [
    words(task.name), subjectText(task.subject), stateChip(task.state), progressOf(task), ago(task.created_at), took(task), cancelButton(task),
  ]);
  const more = h("p.small.muted.body", {}, `${count(total)} tasks in all; the newest are shown.`);
  return [table("Tasks", TASKS, rows), more];
}

function progressOf(task) {
  const { progress, error, state } = task;
  if (error) return error.detail;
  if (state === "succeeded") return "";
  const steps = progress?.total ? `${count(progress.done)} of ${count(progress.total)} ${progress.unit}` : "";
  return [progress?.message, steps, timeLeft(task)].filter(Boolean).join(" · ");
}

function took({ started_at: start, finished_at: end }) {
  if (!start) return "–";
  return span(((end ? Date.parse(end) : Date.now()) - Date.parse(start)) / 1_000);
}

function cancelButton(task) {
  if (task.state !== "running" && task.state !== "queued") return null;
  const button = h("button.small", { type: "button" }, "Cancel");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await remove(path("tasks", task.task_id)).catch((error) => show(button, error.message));
    button.blur();
  });
  return button;
}

export async function errorsPart(signal) {
  const [{ tasks }, { watches }] = await Promise.all([
    get("/tasks", { state: "failed", limit: 10 }, signal), get("/watch", {}, signal),
  ]);
  const failed = tasks.map((task) => ({ at: task.finished_at, what: words(task.name), why: task.error?.detail ?? "" }));
  const late = watches.filter((one) => one.last_error)
    .map((one) => ({ at: one.last_run_at, what: `watch ${seriesText(one)}`, why: one.last_error }));
  const all = [...failed, ...late].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  if (!all.length) return empty("No errors", "Neither a task nor the watch-list has failed.");
  return table("Recent errors", [["When", "small"], ["What"], ["Why", "wrap.small"]],
    all.map(({ at, what, why }) => [ago(at), what, why]));
}

export async function watchPart(signal) {
  const { watches } = await get("/watch", {}, signal);
  if (!watches.length) {
    const text = "A watched series is fetched at each close, and its champions forecast it. Watch one on the Market page.";
    return empty("Nothing is watched", text);
  }
  return table("Watch-list", [["Series"], ["Candles", "small"], ["Newest closed", "small"], ["State", "wrap.small"]],
    watches.map((one) => [seriesText(one), one.fetched ? "fetched" : "brought", ago(one.as_of), watchState(one)]));
}

function watchState({ last_error: error, as_of: asOf, stale }) {
  if (error) return h("span.down", {}, error);
  if (!asOf) return h("span.chip", {}, "waiting");
  return stale ? h("span.chip.warn", {}, "stale") : h("span.chip.good", {}, "fresh");
}

const GAPS = [["Found", "small.mono"], ["Market"], ["Missing", "number"], ["Fetched", "number"], ["State", "wrap"]];
const GAP_LOOKS = { open: "warn", suspected: "note", too_large: "bad", backfilled: "good", vanished: "good" };

export async function gapsPart(traded, signal) {
  const lists = await Promise.all(traded.map(async ({ platform, symbol }) => {
    const { gaps } = await get(path("gaps", platform, symbol), { limit: 200 }, signal);
    return gaps.map((gap) => ({ ...gap, symbol }));
  }));
  const all = lists.flat().sort((one, other) => Date.parse(other.found_at) - Date.parse(one.found_at));
  if (!all.length) {
    return empty("No gaps", traded.length ? "No trades are known to be missing." : "No live trades have come yet.");
  }
  return table("Gaps", GAPS, all.slice(0, ROWS).map((gap) => [
    when(gap.found_at), gap.symbol, count(gap.missing), count(gap.recovered),
    [h(`span.chip.${GAP_LOOKS[gap.state] ?? "plain"}`, {}, words(gap.state)), gap.reason && h("div.small.muted", {}, gap.reason)],
  ]));
}

const DIFFERENCES = [["Opened", "small.mono"], ["Market"], ["Length", "small"], ["Ours", "small.mono"], ["The exchange's", "small.mono"]];

/** What each market's data went through, and where the exchange's finished candles differ. */
export async function qualityPart(traded, signal) {
  const pages = await Promise.all(
    traded.map(({ platform, symbol }) => get(path("quality", platform, symbol), { limit: ROWS }, signal)));
  const told = pages.filter(({ counts: found }) => Object.values(found).some((one) => one > 0));
  const rows = pages.flatMap(({ symbol, differences }) => differences.map((one) => [
    when(one.time), symbol, resolutionName(one.resolution), candleText(one.ours), candleText(one.theirs)]));
  if (!told.length && !rows.length) {
    return empty("No differences", "Finished candles of an exchange that differ from those built here would be listed.");
  }
  return [told.map(qualityCounts), rows.length ? table("Candles that differ", DIFFERENCES, rows.slice(0, ROWS)) : null];
}

function qualityCounts({ platform, symbol, counts: found }) {
  const shown = Object.entries(found).filter(([, one]) => one > 0).map(([name, one]) => `${count(one)} ${name}`);
  return h("p.small.body", {}, h("strong", {}, `${platform} ${symbol}`), ` ${shown.join(", ")}`);
}

const candleText = ({ open, high, low, close, volume }) => [open, high, low, close, volume].join(" / ");

const QUARANTINE = [["Reason", "small"], ["Messages", "number"], ["Newest", "small.mono"], ["The newest of them", "wrap.small.mono"]];
const LOOKED_AT = 1_000;

export async function quarantinePart(held, signal) {
  const platforms = [...new Set(held.map(({ platform }) => platform))];
  const pages = await Promise.all(platforms.map((one) => get(path("quarantine", one), { limit: LOOKED_AT }, signal)));
  const told = pages.filter((page) => page.accepted || page.total_rejected);
  if (!told.length) {
    return empty("Nothing was rejected", "Live messages that cannot be used would be listed here with the reason.");
  }
  const rows = byReason(told.flatMap((page) => page.rejected)).slice(0, ROWS).map(({ reason, all, newest }) =>
    [reason, count(all), when(newest.time, true), newest.message.slice(0, 160)]);
  const more = told.some((page) => page.next_cursor) ? h("p.small.muted.body", {}, `Of the newest ${count(LOOKED_AT)} of each platform.`) : null;
  return [told.map(counts), rows.length ? table("Rejected messages", QUARANTINE, rows) : null, more];
}

/** Rejected messages by their reason, the most frequent first; figures in a reason do not part them. */
function byReason(rejected) {
  const found = new Map();
  for (const one of rejected) {
    const key = one.reason.replace(/[\d.,]+/g, "#");
    const group = found.get(key) ?? { reason: one.reason, all: 0, newest: one };
    if (Date.parse(one.time) > Date.parse(group.newest.time)) Object.assign(group, { reason: one.reason, newest: one });
    group.all += 1;
    found.set(key, group);
  }
  return [...found.values()].sort((one, other) => other.all - one.all);
}

function counts({ platform, accepted, ignored, total_rejected: rejected }) {
  const text = ` ${count(accepted)} accepted, ${count(ignored)} ignored, ${count(rejected)} rejected`;
  return h("p.small.body", {}, h("strong", {}, platform), text);
}
