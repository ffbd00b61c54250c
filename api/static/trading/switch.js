// The kill switch: at the top wherever the page is scrolled to, and under a key from anywhere on it.

import { Away, post } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { count, span } from "../parts/format.js";
import { panel } from "../parts/table.js";

const ROUTE = "/api/v1/auto-trade";
const KEYS = "Alt+Shift+H";
const STATES = {
  ACTIVE: ["good", "takes orders"],
  REDUCING: ["warn", "takes only orders that shrink positions"],
  HALTED: ["bad", "takes no orders"],
};
const AFTER = {
  ACTIVE: "orders are taken again",
  REDUCING: "no order that adds to a position is sent after it",
  HALTED: "no order is sent after it",
};

/** A panel in the form that `keepFilled` takes; `status` asks for what the account may do. */
export class KillSwitch {
  constructor(status, signal) {
    this.status = status;
    this.signal = signal;
    this.changed = () => {};
    this.body = h("div");
    this.heard = h("span.hidden-text", { role: "status" });
    this.said = h("div", { role: "alert" });
    this.reason = h("input", { id: "switch-reason", maxlength: 200, placeholder: "by hand", autocomplete: "off" });
    this.flatten = h("input", { type: "checkbox" });
    this.halt = this.button("button.danger", "Halt", "halt");
    this.halt.setAttribute("aria-keyshortcuts", KEYS);
    const buttons = [this.halt, this.button("button", "Reduce", "reduce"), this.button("button", "Resume", "resume")];
    this.panel = panel("Kill switch", h("div.body.grid", {},
      h("div.row", {}, this.body, this.heard, h("span.end", {}, buttons)),
      h("div.row.small", {},
        h("label.check", {}, this.flatten, "also close what is held"),
        h("label.field.reason", { for: "switch-reason" }, h("span.hidden-text", {}, "Why"), this.reason),
        h("span.muted.desk-only", {}, "Halt from anywhere: ", h("kbd", {}, KEYS))),
      this.said));
    this.panel.classList.add("kill-switch");
    document.addEventListener("keydown", (event) => this.byKey(event), { signal });
  }

  // It is handed on by itself, so that it must know whose it is.
  load = async () => {
    const { state, reason, mode, trader } = await this.status();
    const [look, words] = STATES[state] ?? ["note", ""];
    // Told to who cannot see it when it changes, and not every few seconds.
    if (state !== this.state) show(this.heard, `${state}: ${words}`);
    this.state = state;
    return h("div.row", {},
      h(`span.chip.${look}.state-chip`, {}, state), h("span", {}, h("strong", {}, mode), ` ${words}`),
      reason && h("span.small.muted", {}, reason), traderChip(trader));
  };

  button(form, text, name) {
    return h(form, { type: "button", onclick: () => this.change(name) }, text);
  }

  byKey(event) {
    if (!event.altKey || !event.shiftKey || event.code !== "KeyH") return;
    event.preventDefault();
    this.change("halt");
  }

  async change(name) {
    const reason = this.reason.value.trim();
    if (name === "resume" && !reason) {
      show(this.said, h("p.form-error", {}, "Say why it may take orders again."));
      this.reason.focus();
      return;
    }
    show(this.said, h("p.muted", {}, "Waiting until the trader has acted on it…"));
    try {
      const flatten = name !== "resume" && this.flatten.checked;
      show(this.said, done(await post(`${ROUTE}/${name}`, { reason: reason || "by hand", flatten })));
      this.reason.value = "";
      this.flatten.checked = false;
    } catch (error) {
      show(this.said, h("p.form-error", {}, failed(name, error)));
    }
    this.changed();
  }
}

function traderChip({ alive, lag_s: lag }) {
  if (alive) return null;
  const since = lag === null ? "it has never run" : `silent for ${span(lag)}`;
  return h("span.chip.warn", {}, `no trader at work: ${since}`);
}

function done({ state, epoch, acknowledged, in_flight: flying, cancelled }) {
  const proof = acknowledged
    ? `Change ${count(epoch)} is acknowledged: ${AFTER[state]}.`
    : `Change ${count(epoch)} is recorded; the trader has not confirmed it yet.`;
  return h(acknowledged ? "p" : "p.warn", {},
    h("strong", {}, state), ` ${proof}`,
    cancelled.length > 0 && ` Cancelled: ${cancelled.map(orderName).join(", ")}.`,
    flying.length > 0 && ` Sent before, may be filled yet: ${flying.map(orderName).join(", ")}.`);
}

const orderName = (id) => `order ${id}`;

function failed(name, error) {
  if (error instanceof Away) return `The server does not answer: whether it took “${name}” is not known. Press again.`;
  return `Not done: ${error.message}`;
}
