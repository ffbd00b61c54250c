// Operations: whether every part does its work, and what went wrong.

import { get, health, offers, pause, remove } from "./api.js";
import { h, show } from "./dom.js";
import { feedsPanel } from "./feeds.js";
import { ago, count, number, resolutionName, span, when } from "./format.js";
import { heldSeries } from "./held.js";
import { stateChip } from "./jobs.js";
import { empty, fillWith } from "./states.js";

const REFRESH_MS = 4_000;

export async function open(main, parameters, signal) {
  const part = (title, ...end) => {
    const body = h("div");
    return { body, panel: h("section.panel", { "aria-label": title }, h("header", {}, h("h2", {}, title), h("span.end", {}, end)), body) };
  };
  const parts = { health: part("Health"), queues: part("Workers and queues"), tasks: part("Tasks"), watch: part("Watch-list"), gaps: part("Gaps"), quarantine: part("Quarantine"), errors: part("Recent errors") };
  const held = await heldSeries(signal).catch(() => []);
  const traded = markets(held.filter((one) => one.traded));
  const feeds = feedsPanel(traded, signal);
  const panel = (name) => parts[name].panel;
  show(main, h("h1.hidden-text", {}, "Operations"), panel("health"), h("div.grid.two", {}, feeds, panel("queues")), panel("tasks"),
    h("div.grid.two", {}, panel("errors"), panel("watch")), h("div.grid.two", {}, panel("gaps"), panel("quarantine")));
  const loads = {
    health: () => healthPart(signal), queues: () => workersPart(), tasks: () => tasksPart(signal), errors: () => errorsPart(signal),
    watch: () => watchPart(signal), gaps: () => gapsPart(traded, signal), quarantine: () => quarantinePart(markets(held), signal),
  };
  await fillAll(parts, loads, signal, false);
  keepFresh(parts, loads, signal).catch(() => {});
}

const fillAll = (parts, loads, signal, quiet) =>
  Promise.all(Object.entries(loads).map(([name, load]) => fillWith(parts[name].body, load, { signal, quiet })));

async function keepFresh(parts, loads, signal) {
  while (!signal.aborted) {
    await pause(REFRESH_MS, signal);
    // Nothing is replaced under the reader's hands.
    const idle = Object.entries(loads).filter(([name]) => !parts[name].panel.contains(document.activeElement));
    await fillAll(parts, Object.fromEntries(idle), signal, true);
  }
}

const markets = (series) => [...new Map(series.map((one) => [`${one.platform}:${one.symbol}`, one])).values()];

async function healthPart(signal) {
  const [found, { components, metrics }] = await Promise.all([health(), details()]);
  const parts = Object.entries(found.parts).map(([name, state]) =>
    h("li", {}, h(`span.dot.${state === "ready" ? "good" : "bad"}`), h("div", {}, h("strong", {}, name), h("span.small.muted", {}, state))));
  const reasons = Object.entries(found.reasons ?? {}).map(([name, reason]) => h("p.warn", {}, h("strong", {}, name), ` ${reason}`));
  const offsets = Object.entries(found.clock?.offsets ?? {}).map(([platform, { offset_ms: offset }]) => `${platform} ${number(offset, 0)} ms`);
  const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("div.body.grid", {}, reasons, h("ul.parts", {}, parts), h("dl.facts", {},
    fact("Status", found.status), fact("Version", found.version ?? "–"), fact("Up for", span(found.uptime)),
    metrics && fact("Requests a minute", count(metrics.requests_per_minute)), metrics && fact("Mean latency", `${number(metrics.avg_latency_ms, 1)} ms`),
    metrics && fact("Errors", `${number(metrics.error_rate_percent, 1)}%`), components?.redis && fact("Redis", latency(components.redis)),
    components?.database && fact("Database", latency(components.database)), fact("Exchange clock ahead", offsets.join(", ") || "not measured")));
}

const details = async () => ((await offers("GET", "/health/detailed")) ? health("/health/detailed") : {});
const latency = ({ latency_ms: ms, status }) => (ms === undefined ? status : `${number(ms, 1)} ms`);

async function workersPart() {
  const [{ workers }, { components }] = await Promise.all([health(), details()]);
  if (!workers || !Object.keys(workers).length) return empty("No worker shows a pulse", "Work waits in the queues until one does.");
  const rows = Object.entries(workers).map(([name, one]) => h("tr", {}, h("td", {}, one.role ?? name), h("td.small.muted", {}, one.queue || "–"), h("td.number", {}, one.waiting ?? "–"), h("td.number", {}, one.running ?? "–"), h("td.number", {}, one.consumed ?? "–"), h("td.number", {}, one.memory_mb ? `${one.memory_mb} MB` : "–"), h("td.small", {}, ago(Number(one.at) ? new Date(Number(one.at)).toISOString() : null))));
  const queues = Object.entries(components?.broker?.queues ?? {}).map(([name, waiting]) => h("span", {}, `${name} `, h("b.mono", {}, count(waiting))));
  return [queues.length ? h("p.legend.body", {}, "Waiting by queue:", queues) : null, table("Workers", [["Worker"], ["Queues"], ["Waiting", 1], ["Running", 1], ["Done", 1], ["Memory", 1], ["Pulse"]], rows)];
}

async function tasksPart(signal) {
  const { tasks, total } = await get("/tasks", { limit: 25 }, signal);
  if (!tasks.length) return empty("No tasks yet", "Fetching, training and forecasting show here.");
  const rows = tasks.map((task) => h("tr", {}, h("td", {}, task.name.replaceAll("_", " ")), h("td", {}, stateChip(task.state)), h("td.wrap.small", {}, progressOf(task)), h("td.small", {}, ago(task.created_at)), h("td.small", {}, took(task)), h("td", {}, cancelButton(task))));
  return [table("Tasks", [["Task"], ["State"], ["Progress"], ["Begun"], ["Took"], [""]], rows), h("p.small.muted.body", {}, `${count(total)} tasks in all; the newest are shown.`)];
}

function progressOf({ progress, error, state }) {
  if (error) return error.detail;
  if (state === "succeeded") return "";
  const steps = progress?.total ? `${count(progress.done)} of ${count(progress.total)} ${progress.unit}` : "";
  return [progress?.message, steps].filter(Boolean).join(" · ");
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
    await remove(`/tasks/${encodeURIComponent(task.task_id)}`).catch((error) => show(button, error.message));
    button.blur();
  });
  return button;
}

async function errorsPart(signal) {
  const [{ tasks }, { watches }] = await Promise.all([get("/tasks", { state: "failed", limit: 10 }, signal), get("/watch", {}, signal)]);
  const failed = tasks.map((task) => ({ at: task.finished_at, what: task.name.replaceAll("_", " "), text: task.error?.detail ?? "" }));
  const late = watches.filter((one) => one.last_error).map((one) => ({ at: one.last_run_at, what: `watch ${one.platform} ${one.symbol}`, text: one.last_error }));
  const all = [...failed, ...late].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  if (!all.length) return empty("No errors", "Neither a task nor the watch-list has failed.");
  return table("Recent errors", [["When"], ["What"], ["Why"]], all.map(({ at, what, text }) => h("tr", {}, h("td.small", {}, ago(at)), h("td", {}, what), h("td.wrap.small", {}, text))));
}

async function watchPart(signal) {
  const { watches } = await get("/watch", {}, signal);
  if (!watches.length) return empty("Nothing is watched", "A watched series is fetched at each candle close, and its champions forecast it. Watch one on the Market page.");
  return table("Watch-list", [["Series"], ["Last success"], ["State"]], watches.map((one) => h("tr", {}, h("td", {}, `${one.platform} ${one.symbol} ${resolutionName(one.resolution)}`), h("td.small", {}, ago(one.last_success_at)), h("td.wrap.small", {}, one.last_error ? h("span.down", {}, one.last_error) : one.last_success_at ? h("span.chip.good", {}, "fresh") : h("span.chip", {}, "waiting")))));
}

async function gapsPart(traded, signal) {
  const lists = await Promise.all(traded.map(async (market) => {
    const { gaps } = await get(`/gaps/${encodeURIComponent(market.platform)}/${encodeURIComponent(market.symbol)}`, { limit: 200 }, signal);
    return gaps.map((gap) => ({ ...gap, market }));
  }));
  const all = lists.flat().sort((one, other) => Date.parse(other.found_at) - Date.parse(one.found_at));
  if (!all.length) return empty("No gaps", traded.length ? "No trades are known to be missing." : "No live trades have come yet.");
  const looks = { closed: "good", recovered: "good", filled: "good", open: "warn", lost: "bad" };
  return table("Gaps", [["Found"], ["Market"], ["Missing", 1], ["Fetched", 1], ["State"]], all.slice(0, 30).map((gap) => h("tr", {}, h("td.small.mono", {}, when(gap.found_at)), h("td", {}, gap.market.symbol), h("td.number", {}, count(gap.missing)), h("td.number", {}, count(gap.recovered)), h("td.wrap", {}, h(`span.chip.${looks[gap.state] ?? "plain"}`, {}, gap.state), gap.reason ? h("div.small.muted", {}, gap.reason) : null))));
}

async function quarantinePart(held, signal) {
  const platforms = [...new Set(held.map(({ platform }) => platform))];
  const pages = await Promise.all(platforms.map((platform) => get(`/quarantine/${encodeURIComponent(platform)}`, { limit: 20 }, signal)));
  const told = pages.filter((page) => page.accepted || page.total_rejected);
  if (!told.length) return empty("Nothing was rejected", "Live messages that cannot be used would be listed here with the reason.");
  const counts = told.map((page) => h("p.small.body", {}, h("strong", {}, page.platform), ` ${count(page.accepted)} accepted, ${count(page.ignored)} ignored, ${count(page.total_rejected)} rejected`));
  const rejected = told.flatMap((page) => page.rejected).slice(0, 30);
  return [counts, rejected.length ? table("Rejected messages", [["When"], ["Reason"], ["Message"]], rejected.map((one) => h("tr", {}, h("td.small.mono", {}, when(one.time, true)), h("td.small", {}, one.reason), h("td.wrap.small.mono", {}, one.message.slice(0, 160))))) : null];
}

function table(label, titles, rows) {
  const head = titles.map(([name, numeric]) => h(numeric ? "th.number" : "th", { scope: "col" }, name || h("span.hidden-text", {}, "Action")));
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": label }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}
