// The public record of one forecaster; a key is used where the browser has one, and not needed
// where the server shows records to all.

import { get } from "./parts/api.js";
import { h, show } from "./parts/dom.js";
import { ago, count, isNumber, percent, resolutionName, signedPercent, span, when } from "./parts/format.js";
import { empty, fillWith } from "./parts/states.js";
import { facts, panel, table } from "./parts/table.js";
import { skillLimit, skillWhisker, verdictChip, verdictPanel } from "./parts/verdict.js";

const BASELINES = { last_price: "last price" };
const name = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");

document.title = `${name} · Tickcast`;
const body = h("div.grid");
show(document.getElementById("main"), h("h1", {}, name), body);
fillWith(body, async () => page(await get(`/forecasters/${encodeURIComponent(name)}`)));

function page(record) {
  return h(
    "div.grid", {},
    summary(record),
    record.pooled.map(pool),
    panel("By market", targets(record.targets)),
    chain(record.chain),
  );
}

function summary(record) {
  return panel("Record", h("div.body", {}, facts(
    ["Stands in the ledger as", h("span.mono", {}, record.model)],
    ["Forecasts made before the fact", count(record.made)],
    ["Met their outcome", count(record.n)],
    ["Came too late and were refused", count(record.late)],
    record.missed > record.late && ["Due and not made", count(record.missed - record.late)],
    ["First", when(record.first_made_at)],
    ["Newest", record.last_made_at ? `${when(record.last_made_at)} (${ago(record.last_made_at)})` : "–"],
    record.updated_at && ["Scores of", when(record.updated_at)],
  )));
}

function pool(pooled) {
  const length = resolutionName(pooled.resolution);
  const ahead = `${pooled.horizon} ${pooled.horizon === 1 ? "candle" : "candles"} of ${length} ahead`;
  const what = `about ${count(pooled.markets)} ${pooled.markets === 1 ? "market" : "markets"} at ${count(pooled.closes)} closes`;
  return panel(`All markets, ${ahead}`, h("div.body.grid", {},
    verdictPanel(pooled.verdict, pooled.skill, { n: pooled.n, what }),
    facts(
      ["Skill against", BASELINES[pooled.baseline] ?? pooled.baseline],
      ["Skill so far", signedPercent(pooled.skill.value)],
      ["Forecasts", count(pooled.n)],
      ["80% intervals held", held(pooled.coverage["0.8"])],
      ["95% intervals held", held(pooled.coverage["0.95"])],
      ["Spoke, after the close", delay(pooled.delay_s)],
      pooled.calibration && ["Calibration error", percent(pooled.calibration.ece)],
    ),
    pooled.calibration && calibration(pooled.calibration),
  ));
}

const held = (share) => (isNumber(share) ? percent(share) : "none stated");
const delay = (seconds) => (seconds < 0 ? `${span(-seconds)} before it` : span(seconds));

function calibration({ bins }) {
  const columns = [["Said it rises", "number"], ["It rose", "number"], ["Forecasts", "number"]];
  const rows = bins.map((bin) => [percent(bin.probability), percent(bin.frequency), count(bin.count)]);
  return table("Chance of a rise: said, and how often it came", columns, rows);
}

function targets(rows) {
  if (!rows.length) return empty("No forecasts yet", "None has been taken into the ledger.");
  const limit = skillLimit(rows.map((one) => one.skill));
  const columns = [
    ["Market"], ["Length", "mono"], ["Ahead", "number"], ["n", "number"], [`Skill, ±${percent(limit)}`], ["Verdict"],
    ["80% held", "number"], ["95% held", "number"], ["Late", "number"], ["Missed", "number"],
  ];
  return table("By market", columns, rows.map((one) => [
    `${one.symbol} · ${one.platform}`, resolutionName(one.resolution), one.horizon, count(one.n),
    h("div.skill", {}, skillWhisker(one.skill, one.verdict, limit), h("span.small.mono", {}, value(one.skill))),
    verdictChip(one.verdict), percent(one.coverage?.["0.8"]), percent(one.coverage?.["0.95"]),
    count(one.late), count(one.missed),
  ]));
}

const value = (skill) => signedPercent(skill?.value);

function chain(heads) {
  const long = (text) => h("code.mono.hash", {}, text);
  return panel("The chain that holds it", h("div.body.grid", {},
    h("p", {}, "Each row carries the hash of the one before. Keep these heads: with them, anybody sees whether a row was changed, removed or added afterwards."),
    facts(
      ["Forecasts of all forecasters", count(heads.rows)], ["Their head", long(heads.head)],
      ["Outcomes and misses", count(heads.events)], ["Their head", long(heads.events_head)],
    ),
  ));
}
