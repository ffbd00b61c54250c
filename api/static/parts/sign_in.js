// The key is asked once; it stays in this tab and is sent to this server only.

import { Away, Refused, get } from "./api.js";
import { h, show } from "./dom.js";
import { forgetKey, keepKey } from "./session.js";

const OWNERS_HINT = [
  "The link that ", h("code", {}, "make run"), " prints signs you in by itself. The key is also in ",
  h("code", {}, "var/owner.key"), ".",
];

/**
 * Ask for the key in `main`; `done` is called once the server takes it, by answering `test(text)`,
 * which keeps it. `forget` drops what was refused.
 */
export function signIn(main, message, done, {
  label = "Access key", hint = OWNERS_HINT, test = testKey, forget = forgetKey,
} = {}) {
  const error = h("p.form-error", { role: "alert", hidden: !message }, message ?? "");
  const input = h("input", {
    id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
    "aria-describedby": "key-hint",
  });
  const button = h("button.main", { type: "submit" }, "Sign in");
  const form = h(
    "form", {},
    h("h1", {}, "Sign in"),
    h("label.field", { for: "key" }, label, input),
    error, button,
    h("p.small.muted", { id: "key-hint" }, hint, " It stays in this tab until you close it."),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const problem = await refusalOf(() => test(input.value.trim()), forget);
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

async function testKey(text) {
  keepKey(text);
  await get("/tasks", { limit: 1 });
}

async function refusalOf(test, forget) {
  try {
    await test();
    return null;
  } catch (error) {
    forget();
    if (error instanceof Away) return "The server does not answer. Try again in a moment.";
    // Whoever holds a whole key is told why it opens no more.
    if (error instanceof Refused && error.kind === "unauthorized") return "That key is not valid.";
    return error.message;
  }
}
