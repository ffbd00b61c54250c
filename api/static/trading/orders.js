// Orders and how far each came, refused ones with the limit that refused them.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { number, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { price } from "../robots/words.js";
import { unproven } from "./words.js";

const LOOKS = {
  filled: "good", partially_filled: "note", working: "note", accepted: "note", sent: "note",
  refused: "bad", rejected: "bad", unknown: "warn",
};
const COLUMNS = [
  ["No.", "mono"], ["State"], ["Order", "nowrap"], ["Price", "number"], ["Stop", "number"], ["Target", "number"],
  ["Filled at", "number"], ["Slippage", "number"], ["Recorded", "small.nowrap"], ["Why", "wrap.small"],
];
const ROWS = 50;

export async function ordersPart(signal) {
  const { orders, next_cursor: more } = await get("/api/v1/auto-trade/orders", { limit: ROWS }, signal);
  if (!orders.length) {
    return empty("No order yet", "Each order stands here with its state from the moment that it is recorded.");
  }
  return [
    table("Orders, the newest first", COLUMNS, orders.map(cells)),
    more && h("p.small.muted.body", {}, `The newest ${ROWS}; `, h("code", {}, "tickcast trading orders"), " lists all."),
  ];
}

function cells(one) {
  const partly = one.state === "partially_filled" && ` ${one.filled_volume} of`;
  return [
    one.id, h(`span.chip.${LOOKS[one.state] ?? "plain"}`, {}, one.state.replace("_", " ")),
    [`${one.action.replace("_", " ")}${partly || ""} ${one.volume} ${one.symbol}`,
      one.closes && h("div.small.muted", {}, `closes ${one.closes}`)],
    price(one.price), price(one.stop_loss), price(one.take_profit), price(one.fill_price),
    one.fill_price === null ? "–" : number(one.slippage, 4), when(one.created_at, true), why(one),
  ];
}

const why = (one) => [
  one.refused_by && h("strong", {}, `${one.refused_by.replaceAll("_", " ")}: `), one.reason,
  one.signal_seq !== null && h("div", { title: one.signal_hash }, `signal ${one.signal_seq}`),
  one.override && unproven(),
];
