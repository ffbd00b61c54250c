// The key is asked once; it stays in this tab and is sent to this server only.

import { Away, Refused, get } from "./api.js";
import { h, show } from "./dom.js";
import { forgetKey, keepKey } from "./session.js";

/** Ask for the key in `main`; `done` is called once the server takes it. */
export function signIn(main, message, done) {
  const error = h("p.form-error", { role: "alert", hidden: !message }, message ?? "");
  const input = h("input", {
    id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
    "aria-describedby": "key-hint",
  });
  const button = h("button.main", { type: "submit" }, "Sign in");
  const form = h(
    "form", {},
    h("h1", {}, "Sign in"),
    h("label.field", { for: "key" }, "Access key", input),
    error, button,
    h("p.small.muted", { id: "key-hint" },
      "The link that ", h("code", {}, "make run"), " prints signs you in by itself. The key is also in ",
      h("code", {}, "var/owner.key"), ". It stays in this tab until you close it."),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const problem = await refusalOf(input.value.trim());
    button.disabled = false;
    if (!problem) return done();
    show(error, problem);
    error.hidden = false;
    input.select();
    input.focus();
  });
  show(main, h("section.panel.sign-in", {}, form));
  input.focus();
}

async function refusalOf(text) {
  keepKey(text);
  try {
    await get("/tasks", { limit: 1 });
    return null;
  } catch (error) {
    forgetKey();
    if (error instanceof Away) return "The server does not answer. Try again in a moment.";
    if (error instanceof Refused && error.status === 401) return "That key is not valid.";
    return error.message;
  }
}
