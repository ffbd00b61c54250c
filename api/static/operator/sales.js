// Accounts, payment events and mails, which the admin secret shows.

import { get, post } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { ago, count, when } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";

const ROWS = 50;
const PLANS = { pro: "good", owner: "good", basic: "note" };
const ACCOUNTS = [
  ["No.", "number"], ["Name"], ["Mail", "small"], ["Plan"], ["Ends", "small"], ["Sold by", "small"], ["Robot seen", "small"],
  ["Notes", "wrap.small"],
];

export async function accountsPart(signal) {
  const { accounts, total } = await get("/admin/accounts", { limit: ROWS }, signal);
  if (!accounts.length) return empty("No account yet", "POST /admin/keys and tickcast accounts make them; so does a payment.");
  return [
    table("Accounts", ACCOUNTS, accounts.map((one) => [
      count(one.account_id), one.user_name || h("span.muted", {}, "nameless"), one.email ?? "–", planOf(one),
      one.expires_at ? when(one.expires_at) : "never", [...new Set(one.plans.map((plan) => plan.source))].join(", ") || "–",
      one.last_seen_at ? ago(one.last_seen_at) : "never", one.notes || "–",
    ])),
    total > accounts.length && h("p.small.muted.body", {}, `The newest ${count(accounts.length)} of ${count(total)}.`),
  ];
}

function planOf({ plan_tier: tier, closed_at: closed }) {
  if (closed) return h("span.chip", {}, "closed");
  return h(`span.chip.${PLANS[tier] ?? "warn"}`, {}, tier ?? "none");
}

const STATES = { accepted: "note", applied: "good", ignored: "plain", unmatched: "warn", failed: "bad" };
const EVENTS = [["Came", "small"], ["Event", "wrap.small"], ["State"], ["Why", "wrap.small"], [""]];

export async function webhooksPart(signal) {
  const { webhooks, counts } = await get("/admin/webhooks", { limit: ROWS }, signal);
  if (!webhooks.length) return empty("No payment event yet", "docs/sales.md tells how a provider is set up.");
  return [
    h("p.legend.body", {}, shownCounts(counts, STATES)),
    table("Payment events", EVENTS, webhooks.map((one) => [
      ago(one.received_at), [`${one.provider} ${one.name}`, one.account_id && ` (account ${one.account_id})`].filter(Boolean).join(""),
      h(`span.chip.${STATES[one.state]}`, {}, one.state), one.error ?? "–", again(one),
    ])),
  ];
}

function again({ state, event_id: id }) {
  if (state !== "failed" && state !== "unmatched") return null;
  const button = h("button.small", { type: "button" }, "Again");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await post(`/admin/webhooks/${encodeURIComponent(id)}/retry`);
      show(button, "Begun");
    } catch (error) {
      show(button, error.message);
    }
    button.blur();
  });
  return button;
}

const MAIL_STATES = { waiting: "note", no_mail_server: "warn", sent: "good", failed: "bad" };
const MAILS = [["Made", "small"], ["Mail"], ["Account", "number"], ["State"], ["Tried", "number"], ["Why", "wrap.small"]];

export async function mailsPart(signal) {
  const { mails, counts } = await get("/admin/mails", { limit: ROWS }, signal);
  if (!mails.length) return empty("No mail yet", "Buyers are mailed a link to their key, and told before a plan ends.");
  return [
    h("p.legend.body", {}, shownCounts(counts, MAIL_STATES)),
    table("Mails", MAILS, mails.map((one) => [
      ago(one.created_at), one.kind.replace("_", " "), one.account_id ? count(one.account_id) : "operator",
      h(`span.chip.${MAIL_STATES[one.state]}`, {}, one.state.replaceAll("_", " ")), count(one.attempts), one.error ?? "–",
    ])),
  ];
}

const shownCounts = (counts, looks) =>
  Object.entries(counts).filter(([, n]) => n).map(([state, n]) => h("span", {}, h(`span.chip.${looks[state]}`, {}, state), count(n)));
