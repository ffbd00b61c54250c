// Starts the page: who is reading, which page is open, whether the server answers.

import { Away, Refused, health, onReach, onceReached } from "./parts/api.js";
import { h, show } from "./parts/dom.js";
import { forgetKey, key, takeKeyFromAddress } from "./parts/session.js";
import { signIn } from "./parts/sign_in.js";
import { failure, showFailure } from "./parts/states.js";
import { isLocalTime, useLocalTime } from "./parts/format.js";
import { isDark, onTheme, toggleTheme } from "./parts/theme.js";

const PAGES = {
  market: "Market", forecasts: "Forecasts", models: "Models", robots: "Robots", operations: "Operations",
};
const HEALTH_MS = 10_000;

const element = (id) => document.getElementById(id);
let leave = null;
let signedIn = false;

function drawNavigation(open) {
  const links = Object.entries(PAGES).map(([name, title]) =>
    h("a", { href: `#/${name}`, "aria-current": name === open ? "page" : null }, title));
  show(element("nav"), ...links);
  element("nav").hidden = !signedIn;
  element("sign-out").hidden = !key();
}

async function openPage() {
  leave?.abort();
  leave = new AbortController();
  const { signal } = leave;
  const main = element("main");
  if (!signedIn) return askForKey();
  const [name, parameters] = location.hash.replace(/^#\/?/, "").split("?");
  const open = name in PAGES ? name : "market";
  document.title = `${PAGES[open]} · Tickcast`;
  drawNavigation(open);
  show(main, h("h1.hidden-text", {}, PAGES[open]));
  const page = await import(`./pages/${open}.js`).catch(() => null);
  if (signal.aborted) return;
  if (!page) return notLoaded(main, signal);
  try {
    await page.open(main, new URLSearchParams(parameters), signal);
  } catch (error) {
    if (error.name !== "AbortError" && !signal.aborted) showFailure(main, error, openPage, signal);
  }
}

/** A part of the page that did not come: a browser may remember that, so all is loaded anew. */
function notLoaded(main, signal) {
  const again = () => location.reload();
  show(main, failure(new Away(), again));
  onceReached(again, signal);
}

function askForKey(message) {
  document.title = "Sign in · Tickcast";
  drawNavigation(null);
  signIn(element("main"), message, () => {
    signedIn = true;
    openPage();
  });
}

function signOut(message) {
  forgetKey();
  signedIn = false;
  leave?.abort();
  askForKey(message);
}

async function lookAfterHealth() {
  try {
    const found = await health();
    const dot = { healthy: "good", degraded: "warn" }[found.status] ?? "bad";
    show(element("health"), h(`span.dot.${dot}`), found.status);
    return found;
  } catch (error) {
    show(element("health"), h("span.dot.bad"), error instanceof Refused ? "refused" : "no answer");
    if (!(error instanceof Away)) throw error;
    return null;
  } finally {
    setTimeout(() => lookAfterHealth().catch(() => {}), HEALTH_MS);
  }
}

function nameTheme() {
  element("theme").textContent = isDark() ? "Light" : "Dark";
  element("theme").setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
}

const ZONE = "tickcast-times";

function nameZone() {
  const zone = isLocalTime() ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC";
  element("zone").textContent = `Times are ${zone}`;
  element("zone").setAttribute("aria-label", `Times are ${zone}: switch to ${isLocalTime() ? "UTC" : "your clock"}`);
}

function toggleZone() {
  useLocalTime(!isLocalTime());
  localStorage.setItem(ZONE, isLocalTime() ? "local" : "utc");
  nameZone();
  openPage();
}

async function start() {
  takeKeyFromAddress();
  useLocalTime(localStorage.getItem(ZONE) === "local");
  nameZone();
  element("zone").addEventListener("click", toggleZone);
  nameTheme();
  onTheme(nameTheme);
  element("theme").addEventListener("click", toggleTheme);
  element("sign-out").addEventListener("click", () => signOut());
  onReach((reachable, status) => {
    element("offline").hidden = reachable;
    if (status === 401 && signedIn) signOut("Your key is no longer valid.");
  });
  window.addEventListener("hashchange", () => {
    takeKeyFromAddress();
    openPage();
  });
  // Only a caller who may see more is told the version: with a valid key, or where none is needed.
  const found = await lookAfterHealth().catch(() => null);
  signedIn = found ? Boolean(found.version) : Boolean(key());
  if (!signedIn && key()) return signOut("That key is not valid.");
  return openPage();
}

start();
