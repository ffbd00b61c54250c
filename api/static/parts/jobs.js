// Background work with its progress, from the events of the task.

import { follow, remove } from "./api.js";
import { h, show } from "./dom.js";
import { count, resolutionName, span } from "./format.js";

const LOOKS = { succeeded: "good", failed: "bad", cancelled: "warn", running: "note", queued: "plain" };

export const stateChip = (state) => h(`span.chip.${LOOKS[state] ?? "plain"}`, {}, state);

/** A list that tasks are added to; `ended` is called with each that ended. */
export class JobList {
  constructor(signal) {
    this.signal = signal;
    this.element = h("ul.jobs", { "aria-live": "polite" });
    this.followed = new Set();
  }

  /** Show a task and follow it to its end; resolves with it. */
  async add(taskId, title, ended = () => {}) {
    if (this.followed.has(taskId)) return;
    this.followed.add(taskId);
    const item = h("li", { "data-task": taskId });
    this.element.prepend(item);
    drawTask(item, title, { state: "queued", progress: {}, task_id: taskId });
    try {
      const task = await follow(taskId, (state) => drawTask(item, title, state), this.signal);
      ended(task);
    } catch (error) {
      if (error.name !== "AbortError") show(item, h("p.form-error", {}, `${title}: ${error.message}`));
    }
  }
}

function drawTask(item, title, task) {
  const { done = 0, total = 0, unit = "", message = "" } = task.progress ?? {};
  const running = task.state === "running" || task.state === "queued";
  const finished = task.state === "succeeded";
  const share = finished ? 1 : total ? done / total : undefined;
  item.dataset.state = task.state;
  show(
    item,
    h("div.row", {}, h("strong", {}, title), stateChip(task.state),
      running && h("button.small", { type: "button", onclick: () => cancel(task, item) }, "Cancel")),
    h("progress", { max: 1, value: share ?? null, "aria-label": `Progress of ${title}` }),
    h("p.small.muted", {}, words(task, done, total, unit, message)),
  );
}

/** The series, model and horizon that a task is about, in words. */
export function subjectText({ platform, symbol, resolution, model, horizon } = {}) {
  const series = [platform, symbol, resolution && resolutionName(resolution)].filter(Boolean).join(" ");
  return [series, model?.replaceAll("_", " "), horizon && `${horizon} ahead`].filter(Boolean).join(", ");
}

// What was done in so many seconds says nothing of the rest.
const LEAST_S = 5;

/** How long work goes on at its present speed, in words; empty where nobody can tell yet. */
export function timeLeft({ state, started_at: start, progress }) {
  const { done = 0, total = 0 } = progress ?? {};
  const took = (Date.now() - Date.parse(start)) / 1_000;
  if (state !== "running" || !done || !total || !(took >= LEAST_S)) return "";
  return `about ${span((took * (total - done)) / done)} left`;
}

function words(task, done, total, unit, message) {
  if (task.state === "failed") return task.error?.detail ?? "It failed.";
  if (task.state === "succeeded") return "Done.";
  if (task.state === "queued") return "Waiting for a worker…";
  const steps = total ? `${count(done)} of ${count(total)} ${unit}` : "";
  return [message, steps, timeLeft(task)].filter(Boolean).join(" · ") || "Working…";
}

async function cancel(task, item) {
  try {
    await remove(`/tasks/${encodeURIComponent(task.task_id)}`);
  } catch (error) {
    item.append(h("p.form-error.small", {}, error.message));
  }
}
