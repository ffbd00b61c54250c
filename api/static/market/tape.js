// Beside the chart: the last trades.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { clock, number, short } from "../parts/format.js";
import { panel, row, table } from "../parts/table.js";

const SHOWN = 40;
const COLUMNS = [["Time", "mono.muted"], ["Price", "number"], ["Size", "number"], ["Taker"]];

/** The newest trades; `view.tape` takes those that come. */
export function tapePanel(series, view, signal) {
  const none = h("p.muted.small.body", {}, "No live trades of this market have come yet.");
  const region = table("Trades", COLUMNS, []);
  const body = region.querySelector("tbody");
  region.hidden = true;
  view.tape = (trades) => {
    none.hidden = true;
    region.hidden = false;
    body.prepend(...trades.slice(-SHOWN).toReversed().map((trade) => tradeRow(trade, view)));
    while (body.rows.length > SHOWN) body.lastChild.remove();
  };
  if (series.traded) loadTrades(series, view, signal).catch(() => {});
  const shown = panel("Last trades", [none, region]);
  shown.classList.add("tape");
  return shown;
}

async function loadTrades({ platform, symbol, tradedUntil }, view, signal) {
  // Trades come oldest first: those since the newest candle opened hold the last ones.
  const path = `/trades/${encodeURIComponent(platform)}/${encodeURIComponent(symbol)}`;
  const { trades } = await get(path, { start: tradedUntil, limit: 5_000 }, signal);
  if (trades.length) view.tape(trades);
}

function tradeRow(trade, view) {
  const look = { buy: "up", sell: "down" }[trade.side] ?? "muted";
  const price = h(`span.${look}`, {}, number(trade.price, view.chart?.decimals ?? 2));
  return row(COLUMNS, [clock(trade.time), price, short(trade.size), h(`span.${look}`, {}, trade.side ?? "–")]);
}
