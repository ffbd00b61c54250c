// What the account is worth, and what was earned today.

import { h } from "../parts/dom.js";
import { count, number, percent } from "../parts/format.js";
import { facts } from "../parts/table.js";
import { earned } from "./words.js";

export function accountPart({ account, pnl, exposure, risk }, { trades_today: trades, enabled }) {
  const { currency } = account;
  return h("div.body", {}, facts(
    ["Equity", `${number(account.equity)} ${currency}`],
    ["Today", earned(pnl.today)],
    ["Unrealised", earned(pnl.unrealised)],
    ["Realised", earned(pnl.realised)],
    ["Balance", number(account.balance)],
    ["Free margin", number(account.free_margin)],
    ["Exposure", account.equity > 0 ? percent(exposure.gross / account.equity) : number(exposure.gross)],
    ["Lost at the stops", number(risk.open_risk)],
    ["Trades today", count(trades)],
    ["By itself", enabled ? h("span.chip.good", {}, "on") : h("span.chip", {}, "off")],
  ));
}
