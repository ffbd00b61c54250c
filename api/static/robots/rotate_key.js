// Another key in the place of the one that is signed in.

import { post } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { when } from "../parts/format.js";
import { keepKey } from "../parts/session.js";
import { shownKey } from "../parts/shown_key.js";
import { panel } from "../parts/table.js";
import { local } from "./plan.js";

const OVERLAPS = [[0, "at once"], [15, "in 15 minutes"], [60, "in an hour"], [1_440, "in a day"]];

/** A panel that asks, replaces, and shows the new key once. */
export function rotatePanel() {
  const body = h("div.body.grid");
  offer(body);
  return panel("Another key", body);
}

function offer(body, message) {
  const overlap = h("select", { id: "overlap" }, OVERLAPS.map(([minutes, words]) => h("option", { value: minutes, selected: minutes === 60 }, words)));
  const sure = h("input", { type: "checkbox", required: true });
  const button = h("button", { type: "submit" }, "Replace my key");
  const error = h("p.form-error", { role: "alert", hidden: !message }, message ?? "");
  const form = h("form.grid", {},
    h("p.small.muted", {}, "If your key may be known to others, replace it. The new one is shown once; write it into your robot (InpApiKey) before the old one ends."),
    h("div.row", {}, h("label.field", { for: "overlap" }, "The old key ends", overlap)),
    h("label.check", {}, sure, "I have a safe place for the new key at hand"),
    error, h("div.row", {}, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      replaced(body, await post("/api/account/regenerate-key", { overlap_minutes: Number(overlap.value) }));
    } catch (refused) {
      button.disabled = false;
      show(error, refused.message);
      error.hidden = false;
    }
  });
  show(body, form);
}

function replaced(body, made) {
  keepKey(made.api_key);
  show(body,
    h("h3", { tabindex: -1 }, "Your new key"),
    h("p", {}, "Keep it like a password: it is not shown again, and is in no mail."),
    shownKey(made.api_key),
    h("p.small.muted", {}, `The old key ends ${local(made.old_key_ends_at)} (${when(made.old_key_ends_at)} UTC). This page goes on with the new one.`));
  body.querySelector("h3").focus();
}
