// What was decided of each sealed signal and why; those that wait are confirmed or rejected here.

import { get, post } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { number, when } from "../parts/format.js";
import { empty, fillWith } from "../parts/states.js";
import { panel, table } from "../parts/table.js";
import { unproven } from "./words.js";

const ROUTE = "/api/v1/auto-trade/decisions";
const ACTIONS = { BUY: "good", SELL: "bad", HOLD: "note" };
const RESULTS = { profit: "good", loss: "bad", refused: "bad", pending: "note" };
const COLUMNS = [
  ["Decided", "small.nowrap"], ["Decision", "nowrap"], ["Confidence", "number"], ["Why", "wrap.small"], ["Signal", "small"],
  ["Came to", "small"], [""],
];
const ROWS = 50;

/** A panel in the form that `keepFilled` takes. */
export function decisionsPanel(signal) {
  const body = h("div");
  const said = h("p.form-error.body", { role: "alert", hidden: true });
  const load = () => decisionsPart(signal, answer);
  const answer = async (id, word, button) => {
    button.disabled = true;
    said.hidden = true;
    try {
      await post(`${ROUTE}/${encodeURIComponent(id)}/${word}`, undefined, { signal });
    } catch (error) {
      show(said, error.message);
      said.hidden = false;
    }
    fillWith(body, load, { signal, quiet: true });
  };
  return { load, body, panel: panel("Decisions", [said, body]) };
}

async function decisionsPart(signal, answer) {
  const [{ decisions, next_cursor: more }, { config }] = await Promise.all([
    get(ROUTE, { limit: ROWS }, signal), get("/api/v1/auto-trade/config", {}, signal),
  ]);
  const wanted = h("p.small.muted.body", {}, wantedText(config), !config.require_skill && " ",
    !config.require_skill && h("span.chip.warn", {}, "override: skill is not asked for"));
  if (!decisions.length) return [wanted, empty("Nothing was decided yet", noneYet(config))];
  return [
    wanted, table("Decisions, the newest first", COLUMNS, decisions.map((one) => cells(one, answer))),
    more && h("p.small.muted.body", {}, `The newest ${ROWS}; `, h("code", {}, "tickcast trading decisions"), " lists all."),
  ];
}

function wantedText(config) {
  if (!config.enabled) return "Auto-trade is off: nothing is decided of new signals.";
  return `Auto-trade decides of ${config.symbols.join(", ")}, candles of ${config.timeframe}, from a confidence of `
    + `${number(config.min_confidence)} on${config.require_confirmation ? ", and asks before each order" : ""}.`;
}

const noneYet = ({ enabled }) =>
  enabled
    ? "Each signal that is sealed from now on becomes one decision, with the first thing that spoke against a position."
    : "POST /api/v1/auto-trade/config says which markets to decide of; it trades on paper, and only where skill is shown.";

function cells(one, answer) {
  return [
    when(one.timestamp), [h(`span.chip.${ACTIONS[one.action]}`, {}, one.action), ` ${one.symbol}`],
    number(one.confidence), why(one), h("span.mono", { title: one.signal.hash }, `${one.signal.seq}`), cameTo(one),
    one.state === "pending" && one.result === "pending" ? buttons(one, answer) : "",
  ];
}

const why = (one) => [
  one.action === "HOLD" && h("strong", {}, `${one.reason.replaceAll("_", " ")}: `), one.reasoning,
  one.override && h("div", {}, unproven()),
];

function cameTo(one) {
  if (one.result === "none") return "–";
  const words = one.state === "rejected" ? "rejected" : one.result.replace("_", " ");
  const refused = one.refused_by && h("div", {}, one.refused_by.replaceAll("_", " "));
  return [h(`span.chip.${RESULTS[one.result] ?? "plain"}`, {}, words), refused, one.order_id && h("div", {}, `order ${one.order_id}`)];
}

function buttons({ id, symbol, action }, answer) {
  const button = (form, text, word) => {
    const made = h(form, { type: "button", "aria-label": `${text} ${action} ${symbol}` }, text);
    made.addEventListener("click", () => answer(id, word, made));
    return made;
  };
  return h("span.row", {}, button("button.small.main", "Confirm", "confirm"), button("button.small", "Reject", "reject"));
}
