// The operator's page: opened by the owner's key, or by the admin secret, which shows more.

import { get } from "./parts/api.js";
import { h, show } from "./parts/dom.js";
import { keepFilled, part, sharedAnswer } from "./parts/kept_filled.js";
import { startPage } from "./parts/own_page.js";
import { adminSecret, forgetAdminSecret, forgetKey, keepAdminSecret, keepKey, key } from "./parts/session.js";
import { signIn } from "./parts/sign_in.js";
import { accountsPart, mailsPart, webhooksPart } from "./operator/sales.js";
import { featuresPart, modelsPart } from "./operator/models.js";
import { feedsPart, robotsPart, summaryPart } from "./operator/service.js";
import { distributionPart } from "./operator/signals.js";
import { terminalsPart } from "./robots/terminals.js";

const REFRESH_MS = 15_000;
const KEY_FORM = /^tck_/;
const PATH = "/admin/monitoring-data";

startPage({
  ask: (main, message, done) => signIn(main, message, done, {
    label: "Owner's key or admin secret",
    hint: [
      "The secret is what ", h("code", {}, "TICKCAST_ADMIN_SECRET"), " is set to; it shows accounts, payment events and mails, too.",
    ],
    test: async (text) => {
      if (KEY_FORM.test(text)) {
        forgetAdminSecret();
        keepKey(text);
      } else keepAdminSecret(text);
      await get(PATH);
    },
    forget: () => (adminSecret() ? forgetAdminSecret() : forgetKey()),
  }),
  isSignedIn: () => adminSecret() || key(),
  forget: () => {
    forgetKey();
    forgetAdminSecret();
  },
  open,
});

function open(main, signal, askAgain) {
  const answer = sharedAnswer(() => get(PATH, {}, signal));
  const watched = (show_) => async () => show_(await answer());
  const secret = (load) => () => (adminSecret() ? load(signal) : needsSecret(askAgain));
  const parts = {
    summary: part("Now", watched(summaryPart)),
    signals: part("Signals by word and confidence", watched(distributionPart)),
    robots: part("Robots of accounts", watched(robotsPart)),
    feeds: part("Feeds", watched(feedsPart)),
    terminals: key() && part("Terminals", () => terminalsPart(signal)),
    features: part("Inputs of models", watched(featuresPart)),
    models: part("Trainings of 24 hours", watched(modelsPart)),
    accounts: part("Accounts", secret(accountsPart)),
    webhooks: part("Payment events", secret(webhooksPart)),
    mails: part("Mails", secret(mailsPart)),
  };
  const two = (...panels) => h("div.grid.two", {}, panels.map((one) => one.panel));
  show(
    main, h("h1", {}, "Operator"), two(parts.summary, parts.signals), parts.robots.panel,
    parts.feeds.panel, parts.terminals?.panel, two(parts.features, parts.models),
    parts.accounts.panel, two(parts.webhooks, parts.mails),
  );
  keepFilled(Object.values(parts).filter(Boolean), REFRESH_MS, signal);
}

function needsSecret(askAgain) {
  return h("div.state", {},
    h("p.state-title", {}, "The admin secret opens this"), h("p", {}, "An owner's key does not show who the subscribers are."),
    h("button", { type: "button", onclick: () => askAgain() }, "Enter the secret"));
}
