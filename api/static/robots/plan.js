// What a key opens, and until when.

import { get } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { count, when } from "../parts/format.js";
import { facts } from "../parts/table.js";

const LOOKS = { pro: "good", owner: "good", basic: "note" };
// A plan that ends so soon (days) is worth a warning.
const SOON = 7;
const STATES = {
  active: "paid, renewed by itself", trial: "on trial", past_due: "a payment is due", cancelled: "not renewed",
  manual: "given by the operator",
};

export async function planPart(signal) {
  const me = await get("/api/account/me", {}, signal);
  return h("div.body.grid", {}, warning(me), facts(
    ["Plan", h(`span.chip.${LOOKS[me.plan_tier] ?? "bad"}`, {}, me.plan_tier)],
    ["Name", me.user_name],
    me.email && ["Mail", me.email],
    ["Ends", me.expires_at ? end(me.expires_at) : "never"],
    me.days_remaining !== null && ["Whole days left", count(me.days_remaining)],
    me.subscription && ["Subscription", STATES[me.subscription.state] ?? me.subscription.state],
    ["Symbols", me.symbols_allowed ? listed(me.symbols_allowed) : "all"],
    ["Timeframes", me.tfs_allowed ? listed(me.tfs_allowed) : "all"],
    ["Calls a minute", me.rate_limit_per_min === null ? "not limited" : count(me.rate_limit_per_min)],
    ["Key", `${me.api_key_hint}, no. ${me.key_id}`],
  ));
}

const listed = (names) => names.join(", ") || "none";

function warning({ days_remaining: days, expires_at: ends }) {
  if (days === null || days >= SOON) return null;
  return h("p.warn", {}, `The plan ends on ${local(ends)}. Renew it where you bought it.`);
}

const end = (iso) => [local(iso), h("div.small.muted", {}, `${when(iso)} UTC`)];

/** An instant by the reader's own clock, with the name of its zone. */
export function local(iso) {
  const shape = {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  };
  return new Intl.DateTimeFormat("en-GB", shape).format(new Date(iso));
}
