// Futures: forecasts that were entered before the fact, and what came of them.

import { get } from "../parts/api.js";
import { BandSeries } from "../charts/band.js";
import { makeChart, priceFormat } from "../charts/chart.js";
import { h, show } from "../parts/dom.js";
import { bandRow, ledgerRows, scoreboard } from "../parts/forecast_sources.js";
import { count, decimalsOf, isNumber, number, percent, seconds, short, when } from "../parts/format.js";
import { coverageBars } from "../charts/plots.js";
import { runningSkill } from "../charts/running_skill.js";
import { empty, fillWith } from "../parts/states.js";
import { colour, onTheme } from "../parts/theme.js";
import { facts, panel, table } from "../parts/table.js";
import { verdictPanel } from "../parts/verdict.js";

const { LineSeries } = window.LightweightCharts;
const ROWS_SHOWN = 200;
const ROWS_IN_VIEW = 400;
const SKILL_FORMAT = { type: "custom", minMove: 0.01, formatter: (value) => `${number(value, 2)}%` };
const DAYS = 90;
const LIVE = "live";
const REPLAYS = 10;

export async function showFutures(body, series, signal) {
  const { platform, symbol, resolution } = series;
  const asked = { platform, symbol, resolution };
  const lists = await Promise.all((await ledgers(signal)).map((ledger) => scoreboard({ ...asked, ledger }, signal)));
  const slots = lists.flat();
  if (!slots.length) return show(body, h("section.panel", {}, nothing()));
  const select = h("select", { "aria-label": "Model" }, slots.map((slot, i) => h("option", { value: i }, slotText(slot))));
  const content = h("div.grid");
  select.addEventListener("change", () => draw(slots[select.value]));
  show(body, h("div.row", {}, select, verifyButton(signal)), content);
  await draw(slots[0]);

  function draw(slot) {
    return fillWith(content, () => slotContent({ ...series, ...slot }, signal), { signal, text: "Reading the ledger…" });
  }
}

/** The live ledger, and those of the newest replays. */
async function ledgers(signal) {
  const { tasks } = await get("/tasks", { name: "replay_walk", state: "succeeded", limit: REPLAYS }, signal);
  return [LIVE, ...tasks.map(({ result }) => result?.ledger).filter(Boolean)];
}

function slotText({ ledger, model, horizon, n }) {
  const replay = ledger === LIVE ? "" : `, ${ledger}`;
  return `${model.replace("_", " ")}, ${horizon} ahead${replay} (${count(n)} scored)`;
}

const nothing = () =>
  empty("No forecasts made before the fact",
    "Train a model for this series and watch it: each candle then gets a forecast that nobody can change afterwards.",
    h("a", { href: "#/models" }, "Train a model"));

function verifyButton(signal) {
  const result = h("span", { role: "status" });
  const button = h("button", { type: "button" }, "Verify the ledger");
  button.addEventListener("click", async () => {
    button.disabled = true;
    show(result, h("span.muted", {}, "Recomputing every hash…"));
    try {
      show(result, verified(await get("/ledger/verify", {}, signal)));
    } catch (error) {
      show(result, h("span.form-error", {}, error.message));
    }
    button.disabled = false;
  });
  return [button, result];
}

function verified({ ok, rows, head, first_bad: bad, reason }) {
  if (ok) {
    const text = `every ledger; the live one holds ${count(rows)} rows, head `;
    return h("span.row", {}, h("span.chip.good", {}, "intact"), text, h("code.mono", {}, (head ?? "").slice(0, 12)));
  }
  return h("span.row", {}, h("span.chip.bad", {}, "changed"), `first bad row ${bad ?? "unknown"}: ${reason ?? ""}`);
}

async function slotContent(slot, signal) {
  // Of a market that stands still, the last days that there are.
  const rows = await ledgerRows(slot, new Date(Date.parse(slot.last) - DAYS * 86_400_000).toISOString(), signal);
  const replayed = slot.ledger === LIVE ? null
    : h("p.banner", {}, "A replay of the past, as if it had been live: nothing here was made before the fact.");
  return h("div.grid", {}, replayed, belief(slot), rows.length ? [chartPanel(rows, slot, signal), rowTable(rows)] : noRows());
}

const noRows = () =>
  h("section.panel", {}, empty("No rows yet", "The first forecast is entered when the next candle opens."));

function chartPanel(rows, slot, signal) {
  const element = h("div.chart");
  // A chart is drawn to the size of its place: once that is on the page.
  requestAnimationFrame(() => drawChart(element, rows, slot, signal));
  const key = (look, text) => h("span", {}, look && h(`i.key.${look}`), text);
  const legend = h(
    "div.chart-foot.legend", {}, key("line.real", "real close"), key("line.forecast", "forecast"), key("band", "80%"),
    key("wide", "95% interval"), key(null, "below: running skill against last price, with its 95% interval"),
  );
  return h("section.panel", { "aria-label": "Forecasts and what came" }, element, legend);
}

function belief(slot) {
  const { scores, baseline_scores: baseline } = slot;
  const what = slot.ledger === LIVE ? "made before the fact" : "of the replay";
  return panel("Verdict", h(
    "div.body.grid", {}, verdictPanel(slot.verdict, scores.skill, { n: slot.n, what }),
    facts(
      ["Scored", count(slot.n)], ["Missed", count(slot.missed)], slot.late > 0 && ["Of these too late", count(slot.late)], ["MAE", short(scores.mae)],
      ["MAE of last price", short(baseline.mae)], ["Direction right", percent(scores.direction?.accuracy)],
      ["Base rate", percent(scores.direction?.base_rate)],
    ),
    coverageBars(scores.coverage),
  ));
}

function drawChart(element, rows, slot, signal) {
  if (signal.aborted) return;
  const chart = makeChart(element, signal, { label: "Forecasts made before the fact, and what came" });
  const decimals = decimalsOf(rows.slice(-200).map(({ baseline }) => baseline.last_price));
  const plain = { priceLineVisible: false, lastValueVisible: false };
  const parts = {
    band: chart.addCustomSeries(new BandSeries(), { priceFormat: priceFormat(decimals) }),
    real: chart.addSeries(LineSeries, { ...plain, lineWidth: 2, priceFormat: priceFormat(decimals) }),
    skillBand: chart.addCustomSeries(new BandSeries(), { priceFormat: SKILL_FORMAT }, 1),
  };
  const paint = () => parts.real.applyOptions({ color: colour("text") });
  paint();
  signal.addEventListener("abort", onTheme(paint), { once: true });
  parts.band.setData(rows.map((row) => bandRow(seconds(row.opening), row.predicted, row.intervals, row)));
  const scored = rows.filter(({ realised }) => isNumber(realised));
  parts.real.setData(scored.map((row) => ({ time: seconds(row.opening), value: row.realised })));
  parts.skillBand.setData(skillRows(scored, slot.horizon));
  parts.skillBand.createPriceLine({ price: 0, color: colour("flat"), lineWidth: 1, lineStyle: 2, title: "last price" });
  for (const [pane, share] of [3, 1].entries()) chart.panes()[pane]?.setStretchFactor(share);
  chart.timeScale().setVisibleLogicalRange({ from: Math.max(0, rows.length - ROWS_IN_VIEW), to: rows.length });
}

const hundred = (share) => (share === undefined ? undefined : share * 100);

function skillRows(scored, horizon) {
  const losses = scored.map((row) => Math.abs(row.realised - row.predicted));
  const baseline = scored.map((row) => Math.abs(row.baseline_error));
  const known = runningSkill(losses, baseline, horizon);
  return scored.map((row, i) => {
    const { skill, low, high } = known[i];
    // The first few swing wildly and say nothing.
    if (i < 20 || skill === null) return { time: seconds(row.opening) };
    return { time: seconds(row.opening), value: skill * 100, low95: hundred(low), high95: hundred(high) };
  });
}

const COLUMNS = [
  ["Candle opens", "mono"], ["Forecast", "number"], ["80% interval", "number.muted"], ["Up", "number"],
  ["Real", "number"], ["Error", "number"], ["Last price's", "number"], ["Made at", "mono.muted"], ["Hash", "mono.muted"],
];

function opened(row) {
  if (!row.thin) return when(row.opening);
  const why = "Volume, range and trades of the last candles were a fraction of what is usual.";
  return [when(row.opening), " ", h("span.chip.warn", { title: why }, "thin candles")];
}

function rowTable(rows) {
  const decimals = decimalsOf(rows.slice(-200).map(({ baseline }) => baseline.last_price));
  const price = (value) => number(value, decimals);
  const shown = rows.slice(-ROWS_SHOWN).toReversed().map((row) => [
    opened(row), price(row.predicted), (row.intervals["0.8"] ?? []).map(price).join(" – ") || "–", percent(row.prob_up, 0),
    row.realised === null ? h("span.muted", {}, "open") : price(row.realised), price(row.error),
    price(row.baseline_error), when(row.made_at, true), h("span", { title: row.hash }, row.hash.slice(0, 8)),
  ]);
  const told = h("span.small.muted", {}, `the newest ${count(shown.length)} of ${count(rows.length)}`);
  return panel("Rows of the ledger", table("Ledger rows", COLUMNS, shown), told);
}
