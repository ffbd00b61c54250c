// How the parts of the server are.

import { health, offers } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { ago, count, number, span } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts, table } from "../parts/table.js";

const details = async () => ((await offers("GET", "/health/detailed")) ? health("/health/detailed") : {});

export async function healthPart() {
  const [found, { components, metrics }] = await Promise.all([health(), details()]);
  const reasons = Object.entries(found.reasons ?? {}).map(([name, reason]) =>
    h("p.warn", {}, h("strong", {}, name), ` ${reason}`));
  return h("div.body.grid", {}, reasons, h("ul.parts", {}, Object.entries(found.parts).map(partShown)), facts(
    ["Status", found.status], ["Version", found.version ?? "–"], ["Up for", span(found.uptime)],
    metrics && ["Requests a minute", count(metrics.requests_per_minute)],
    metrics && ["Mean latency", `${number(metrics.avg_latency_ms, 1)} ms`],
    metrics && ["Errors", `${number(metrics.error_rate_percent, 1)}%`],
    components?.redis && ["Redis", latency(components.redis)],
    components?.database && ["Database", latency(components.database)],
    ["Dead letters", deadLetters(found.dead_letters)],
    ["Exchange clock ahead", offsets(found.clock) || "not measured"],
  ));
}

function partShown([name, state]) {
  const dot = h(`span.dot.${state === "ready" ? "good" : "bad"}`);
  return h("li", {}, dot, h("div", {}, h("strong", {}, name), h("span.small.muted", {}, state)));
}

const deadLetters = (found) =>
  found ? `${count(found.messages)} messages, ${count(found.batches)} batches` : "–";

const latency = ({ latency_ms: ms, status }) => (ms === undefined ? status : `${number(ms, 1)} ms`);

const offsets = (clock) =>
  Object.entries(clock?.offsets ?? {}).map(([platform, one]) => `${platform} ${number(one.offset_ms, 0)} ms`).join(", ");

const COLUMNS = [
  ["Worker"], ["Queues", "small.muted"], ["Waiting", "number"], ["Running", "number"],
  ["Done", "number"], ["Memory", "number"], ["Pulse", "small"],
];

export async function workersPart() {
  const [{ workers = {} }, { components }] = await Promise.all([health(), details()]);
  if (!Object.keys(workers).length) return empty("No worker shows a pulse", "Work waits in the queues until one does.");
  const queues = Object.entries(components?.broker?.queues ?? {}).map(([name, waiting]) =>
    h("span", {}, `${name} `, h("b.mono", {}, count(waiting))));
  return [
    queues.length ? h("p.legend.body", {}, "Waiting by queue:", queues) : null,
    table("Workers", COLUMNS, Object.entries(workers).map(workerRow)),
  ];
}

function workerRow([name, one]) {
  return [
    one.role ?? name, one.queue || "–", one.waiting ?? "–", one.running ?? "–", one.consumed ?? "–",
    one.memory_mb ? `${one.memory_mb} MB` : "–", ago(new Date(Number(one.at)).toISOString()),
  ];
}
