// A first key: the token stands behind the # of a mailed link and is spent by the button only,
// so that programs which follow links in mails spend nothing.

import { TEXTS } from "./pages/claim_texts.js";
import { post } from "./parts/api.js";
import { h, show } from "./parts/dom.js";
import { shownKey } from "./parts/shown_key.js";
import "./parts/theme.js";

const language = (navigator.language ?? "en").slice(0, 2);
const say = TEXTS[language] ?? TEXTS.en;
const main = document.getElementById("main");
const token = location.hash.slice(1);

document.documentElement.lang = language in TEXTS ? language : "en";
// Nobody shall read it off the screen, and no history keep it.
history.replaceState(null, "", location.pathname);
show(main, token ? offer() : ask());

function offer() {
  const error = h("p.form-error", { role: "alert", hidden: true });
  const button = h("button.main", { type: "submit" }, say.button);
  return form(say.title, [h("p", {}, say.ready), h("p.small.muted", {}, say.once), button, error], button, error, async () => {
    show(main, keyPanel(await post("/account/claim", { token })));
    main.focus();
  });
}

function ask(message) {
  const error = h("p.form-error", { role: "alert", hidden: !message }, message ?? "");
  const input = h("input", { id: "email", type: "email", autocomplete: "email", required: true, maxlength: 254 });
  const button = h("button.main", { type: "submit" }, say.send);
  const parts = [h("p", {}, say.lost), h("label.field", { for: "email" }, say.email, input), button, error];
  return form(say.again, parts, button, error, async () => {
    await post("/account/claim/resend", { email: input.value.trim() });
    show(main, h("section.panel.sign-in", {}, h("div.body", { role: "status" }, say.sent)));
  });
}

function form(title, parts, button, error, submit) {
  const made = h("form", {}, h("h1", {}, title), parts);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await submit();
    } catch (refused) {
      button.disabled = false;
      // A link that is spent or unknown gives no key any more: another can be asked for.
      if (token && [404, 409].includes(refused.status) && !document.getElementById("email")) {
        show(main, ask(refused.status === 409 ? say.used : say.unknown));
        return;
      }
      show(error, refused.message);
      error.hidden = false;
    }
  });
  return h("section.panel.sign-in", {}, made);
}

function keyPanel(claimed) {
  return h("section.panel.claimed", {}, h("div.body", {},
    h("h1", {}, say.yours),
    h("p", {}, say.keep),
    shownKey(claimed.api_key, say),
    h("h2", {}, say.robot),
    h("dl.inputs", {},
      h("dt", {}, "InpApiUrl"), h("dd", {}, h("code.mono", {}, claimed._ea_config.InpApiUrl)),
      h("dt", {}, "InpApiKey"), h("dd", {}, h("code.mono", {}, claimed._ea_config.InpApiKey))),
    h("p.small.muted", {}, say.allow),
    h("p", {}, h("a", { href: "/app/account" }, say.account)),
  ));
}
