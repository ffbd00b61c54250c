// Calls of the server. Every failure is a Refused, or an Away when nobody answered.

import { adminSecret, key } from "./session.js";

export class Refused extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.error?.message ?? body?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.kind = body?.error;
    this.requestId = body?.request_id;
  }
}

export class Away extends Error {}

const listeners = new Set();

/** Call back with (reachable, status) after every answer, or after none; returns what ends that. */
export function onReach(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/** Call back once, when the server answers again; never once `signal` is aborted. */
export function onceReached(callback, signal) {
  const end = onReach((reachable) => {
    if (!reachable) return;
    end();
    callback();
  });
  signal?.addEventListener("abort", end, { once: true });
}

// A browser that has lost its network knows so before any call fails.
window.addEventListener("offline", () => tell(false, 0));

/** Return the body of a GET; parameters that are null are left out. */
export const get = (path, parameters, signal) =>
  call("GET", withParameters(path, parameters), { signal });

/** Return the body of a POST; `prefer` as in RFC 7240. */
export const post = (path, body, { prefer, signal } = {}) =>
  call("POST", path, { body, prefer, signal });

export const remove = (path, parameters) => call("DELETE", withParameters(path, parameters), {});

async function call(method, path, { body, prefer, signal }) {
  const headers = { Accept: "application/json", ...auth(path) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (prefer) headers.Prefer = prefer;
  const answer = await reach(path, {
    method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
  });
  // A deletion answers without a body.
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, content);
  return content;
}

async function reach(path, options) {
  try {
    const answer = await fetch(path, { cache: "no-store", ...options });
    tell(true, answer.status);
    return answer;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    tell(false, 0);
    throw new Away("The server does not answer.");
  }
}

function tell(reachable, status) {
  for (const callback of listeners) callback(reachable, status);
}

// The operator's routes take the admin secret; where there is none, one of them takes the key.
function auth(path) {
  if (adminSecret() && path.startsWith("/admin/")) return { "X-Admin-Secret": adminSecret() };
  return key() ? { "X-API-Key": key() } : {};
}

/** Return a path with parameters; those that are null are left out. */
export function withParameters(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}

/** Return how the server is; its answer is 503 when a part is away, which is news, no failure. */
export async function health(path = "/health") {
  const answer = await reach(path, { headers: auth(path) });
  const body = await answer.json().catch(() => null);
  if (!body?.status) throw new Refused(answer.status, body);
  return body;
}

let document_ = null;

/** Say whether the server has a route: a page leaves out what it has not. */
export async function offers(method, path) {
  return Boolean((await described()).paths[path]?.[method.toLowerCase()]);
}

/** Say whether a route answers without a key. */
export async function isPublic(method, path) {
  const needs = (await described()).paths[path]?.[method.toLowerCase()]?.security ?? [];
  return needs.some((way) => !Object.keys(way).length);
}

/** Return what a field of a route's body may be, as the server knows it, and what it usually is. */
export async function choicesOf(method, path, field) {
  const all = await described();
  const follow = (part) => (part?.$ref ? part.$ref.slice(2).split("/").reduce((at, name) => at[name], all) : part);
  const body = all.paths[path]?.[method.toLowerCase()]?.requestBody;
  const told = follow(body?.content["application/json"].schema)?.properties[field];
  return { choices: follow(told)?.enum ?? [], usual: told?.default };
}

function described() {
  document_ ??= get("/openapi.json").catch((error) => {
    document_ = null;
    throw error;
  });
  return document_;
}

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/** Follow a task to its end and return it; `told` is called with every state. */
export async function follow(taskId, told, signal) {
  while (true) {
    try {
      const ended = await readEvents(taskId, told, signal);
      if (ended) return ended;
    } catch (error) {
      if (!(error instanceof Away) && !(error instanceof TypeError)) throw error;
    }
    // The stream broke off, perhaps for a restart: tasks outlive that.
    await pause(1_000, signal);
  }
}

async function readEvents(taskId, told, signal) {
  const path = `/tasks/${encodeURIComponent(taskId)}/events`;
  for await (const [, task] of eventsOf(await reach(path, { headers: auth(path), signal }))) {
    told(task);
    if (ENDED.has(task.state)) return task;
  }
  return null;
}

/** Yield [name, data] of the Server-Sent Events that a POST is answered with. */
export async function* postEvents(path, body, signal) {
  const headers = { Accept: "text/event-stream", "Content-Type": "application/json", ...auth(path) };
  const options = { method: "POST", headers, signal, body: JSON.stringify(body) };
  yield* eventsOf(await reach(path, options));
}

async function* eventsOf(answer) {
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = linesOf(event, "data");
      if (data) yield [linesOf(event, "event"), JSON.parse(data)];
    }
  }
}

function linesOf(event, name) {
  const lines = event.split("\n").filter((line) => line.startsWith(`${name}:`));
  return lines.map((line) => line.slice(name.length + 1).trim()).join("\n");
}

/** Return after so many ms; ends with an AbortError like a call does. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
