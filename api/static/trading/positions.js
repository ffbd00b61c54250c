// What is held, where its exits are, and how far its price is expected to go.

import { post } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { ago, decimalsOf, isNumber, number, percent, span } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { bandPlot } from "./band_plot.js";
import { earned, unproven } from "./words.js";

const COLUMNS = [
  ["Position", "nowrap"], ["Entry", "number"], ["Now", "number"], ["Stop", "number"], ["Target", "number"],
  ["Unrealised", "number"], ["Range forecast"], ["Of equity", "number"], ["Opened", "small"], ["Follows", "small"], [""],
];
const SURE_MS = 4_000;

export function positionsPart({ positions, account }, ranges) {
  if (!positions.length) {
    return empty("Nothing is held", "Positions open by POST /api/mt4/trade, or by auto-trade where a signal has shown skill.");
  }
  return table("Open positions", COLUMNS, positions.map((one) => cells(one, account, ranges)));
}

function cells(one, { currency }, ranges) {
  const shown = (price) => number(price, decimals);
  const decimals = decimalsOf([one.current_price, one.stop_loss, one.take_profit].filter(isNumber));
  return [
    [h(`span.chip.${one.direction === "long" ? "good" : "bad"}`, {}, one.direction), ` ${one.volume} ${one.symbol}`,
      h("div.small.muted", {}, one.platform)],
    shown(one.open_price), [shown(one.current_price), one.stale && stale(one.price_age_s)],
    shown(one.stop_loss), shown(one.take_profit),
    [earned(one.unrealised.account), " ", h("span.small.muted", {}, currency)],
    rangeCell(one, ranges, shown), percent(one.exposure_pct / 100), ago(one.opened_at), follows(one), closing(one),
  ];
}

/** Closes a position, once it is pressed a second time: the list is drawn anew meanwhile. */
function closing({ id, symbol, direction, foreign }) {
  if (foreign) return "not ours";
  const button = h("button.small", { type: "button", "aria-label": `Close ${direction} ${symbol}` }, sure.has(id) ? "Sure?" : "Close");
  button.addEventListener("click", async () => {
    if (!sure.has(id)) {
      sure.add(id);
      setTimeout(() => sure.delete(id), SURE_MS);
      return show(button, "Sure?");
    }
    sure.delete(id);
    button.disabled = true;
    try {
      await post("/api/v1/auto-trade/mt4/positions/close", { position_id: id });
      show(button, "Closing…");
    } catch (error) {
      button.replaceWith(h("span.form-error.small", { role: "alert" }, error.message));
    }
  });
  return button;
}

const sure = new Set();

const stale = (age) => h("div.small.warn", {}, age === null ? "no price" : `${span(age)} old`);

/** Filled when the forecast has come: what is held is not to wait for it. */
function rangeCell(position, ranges, shown) {
  const cell = h("div.range-cell", {}, h("span.small.muted", {}, "…"));
  ranges.of(position.platform, position.symbol).then((range) => {
    if (range.none) return show(cell, h("span.small.muted", {}, range.none));
    const text = `${shown(range.low)} to ${shown(range.high)} in ${range.horizon}`;
    const held = `held ${percent(range.held_low, 0)} below, ${percent(range.held_high, 0)} above`;
    return show(cell, bandPlot(position, range, shown), h("div.small.mono", { title: held }, text));
  });
  return cell;
}

function follows({ signal, decision_id: decision, override }) {
  return [
    signal ? h("span.mono", { title: signal.hash }, `signal ${signal.seq}`) : "no signal",
    decision && h("div.mono.muted", {}, decision),
    override && h("div", {}, unproven()),
  ];
}
