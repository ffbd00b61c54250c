// Beside the chart: the last trades, and what was found wrong with them.

import { get, offers } from "./api.js";
import { h, show } from "./dom.js";
import { clock, number, percent, short, when } from "./format.js";
import { panel, row, table } from "./table.js";
import { colour } from "./theme.js";

const TRADES_SHOWN = 40;
const FINDINGS_SHOWN = 200;
const SIGNALS_SHOWN = 100;

const TAPE = [["Time", "mono.muted"], ["Price", "number"], ["Size", "number"], ["Taker"]];

/** The newest trades; `view.tape` takes those that come. */
export function tapePanel(series, view, signal) {
  const none = h("p.muted.small.body", {}, "No live trades of this market have come yet.");
  const region = table("Trades", TAPE, []);
  const body = region.querySelector("tbody");
  region.hidden = true;
  view.tape = (trades) => {
    none.hidden = true;
    region.hidden = false;
    body.prepend(...trades.slice(-TRADES_SHOWN).toReversed().map((trade) => tradeRow(trade, view)));
    while (body.rows.length > TRADES_SHOWN) body.lastChild.remove();
  };
  if (series.traded) loadTrades(series, view, signal).catch(() => {});
  const shown = panel("Last trades", [none, region]);
  shown.classList.add("tape");
  return shown;
}

async function loadTrades(series, view, signal) {
  // Trades come oldest first: those since the newest candle opened hold the last ones.
  const { trades } = await get(marketPath("trades", series), { start: series.tradedUntil, limit: 5_000 }, signal);
  if (trades.length) view.tape(trades);
}

function tradeRow(trade, view) {
  const look = { buy: "up", sell: "down" }[trade.side] ?? "muted";
  const price = h(`span.${look}`, {}, number(trade.price, view.chart?.decimals ?? 2));
  return row(TAPE, [clock(trade.time), price, short(trade.size), h(`span.${look}`, {}, trade.side ?? "–")]);
}

/** Anomalies and signals: a list, and markers on the chart that can be switched off. */
export function findingsPanel(series, chart, view, signal) {
  const state = { anomalies: [], signals: [], on: { anomalies: true, signals: true } };
  const list = h("div");
  const draw = () => {
    show(list, findingsTable(state.anomalies, chart.decimals));
    chart.showFindings(markers(state, series.resolution));
  };
  view.options.prepend(
    toggle("Flags", true, (on) => chart.marks.show(on)),
    toggle("Anomalies", true, (on) => { state.on.anomalies = on; draw(); }),
    toggle("Signals", true, (on) => { state.on.signals = on; draw(); }),
  );
  draw();
  loadFindings(series, state, signal).then(draw).catch(() => {});
  return {
    panel: h("div.found", {}, panel("Anomalies", list)),
    add(anomaly) {
      state.anomalies = [...state.anomalies, anomaly].slice(-FINDINGS_SHOWN);
      draw();
    },
  };
}

async function loadFindings(series, state, signal) {
  if (series.traded) {
    const { anomalies } = await get(marketPath("anomalies", series), { limit: FINDINGS_SHOWN }, signal);
    state.anomalies = anomalies;
  }
  if (await offers("GET", "/api/v1/signals/history")) {
    const { data } = await get("/api/v1/signals/history", { symbol: series.symbol, limit: SIGNALS_SHOWN }, signal);
    state.signals = data?.signals ?? [];
  }
}

function markers({ anomalies, signals, on }, resolution) {
  const opening = (iso) => Math.floor(Date.parse(iso) / 1_000 / resolution) * resolution;
  // Below the bar: a print that is too high is above what is in view.
  const odd = [...new Set((on.anomalies ? anomalies : []).map((one) => opening(one.time)))].map((time) => ({
    time, position: "belowBar", shape: "circle", color: colour("warn"), text: "!", size: 0.8,
  }));
  const told = (on.signals ? signals : []).filter(({ type }) => type !== "hold").map((one) => ({
    time: opening(one.created_at), position: one.type === "buy" ? "belowBar" : "aboveBar",
    shape: one.type === "buy" ? "arrowUp" : "arrowDown", color: colour(one.type === "buy" ? "up" : "down"),
    text: `${one.type} ${percent(one.confidence > 1 ? one.confidence / 100 : one.confidence, 0)}`,
  }));
  return [...odd, ...told].sort((one, other) => one.time - other.time);
}

const FOUND = [["Time", "mono.muted"], ["Trade", "mono.muted"], ["Price", "number"], ["Size", "number"], ["Score", "number"], ["What"]];

function findingsTable(anomalies, decimals) {
  if (!anomalies.length) return h("p.muted.small.body", {}, "None found: no bad prints, no disorder.");
  return table("Anomalies found", FOUND, anomalies.slice(-30).toReversed().map((one) => [
    when(one.time, true), one.trade_id ?? "–", number(one.price, decimals), short(one.size), number(one.score, 1),
    one.reason.replaceAll("_", " "),
  ]));
}

function toggle(text, on, changed) {
  const box = h("input", { type: "checkbox", checked: on });
  box.addEventListener("change", () => changed(box.checked));
  return h("label.check", {}, box, text);
}

const marketPath = (what, { platform, symbol }) => `/${what}/${encodeURIComponent(platform)}/${encodeURIComponent(symbol)}`;
