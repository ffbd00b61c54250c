// A page beside the dashboard: its colours, who reads it, and whether the server answers.

import { onReach } from "./api.js";
import { show } from "./dom.js";
import { adminSecret, forgetKey, key } from "./session.js";
import { isDark, onTheme, toggleTheme } from "./theme.js";

const element = (id) => document.getElementById(id);

/**
 * Start a page: `open(main, signal, askAgain)` fills it once `isSignedIn()`, before that `ask(main,
 * message, done)` does. `forget` ends what was signed in; by default the key.
 */
export function startPage({ open, ask, isSignedIn = key, forget = forgetKey }) {
  const main = element("main");
  let leave = null;
  let shown = false;

  const enter = () => {
    leave = new AbortController();
    shown = true;
    element("sign-out").hidden = !key() && !adminSecret();
    show(main);
    open(main, leave.signal, askAgain);
  };
  const askAgain = (message = "") => {
    leave?.abort();
    shown = false;
    ask(main, message, enter);
  };
  const quit = (message) => {
    forget();
    element("sign-out").hidden = true;
    askAgain(message);
  };
  nameTheme();
  onTheme(nameTheme);
  element("theme").addEventListener("click", toggleTheme);
  element("sign-out").addEventListener("click", () => quit());
  onReach((reachable, status) => {
    element("offline").hidden = reachable;
    if (status === 401 && shown) quit("Your key is no longer valid.");
  });
  if (isSignedIn()) enter();
  else askAgain();
}

function nameTheme() {
  element("theme").textContent = isDark() ? "Light" : "Dark";
  element("theme").setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
}
