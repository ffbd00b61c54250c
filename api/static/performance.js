// The record of signals: without a key where the server shows it to all, else with one.

import { get, isPublic } from "./parts/api.js";
import { h, show } from "./parts/dom.js";
import { startPage } from "./parts/own_page.js";
import { keepKey, key } from "./parts/session.js";
import { signIn } from "./parts/sign_in.js";
import { panel } from "./parts/table.js";
import { fillWith } from "./parts/states.js";
import { calibrationPart } from "./record/calibration.js";
import { computed } from "./record/computed.js";
import { copiesPart } from "./record/copies.js";
import { headPart } from "./record/head.js";
import { randomPart } from "./record/random_entries.js";
import { slotsPart } from "./record/slots.js";
import { totalsPart } from "./record/totals.js";

const DAYS = [7, 30, 90, 365];
const USUAL_DAYS = 30;
const PERFORMANCE = "/api/performance";

const shownToAll = !key() && (await isPublic("GET", PERFORMANCE).catch(() => false));

startPage({
  ask: (main, message, done) => signIn(main, message, done, {
    label: "Your key",
    hint: "This server shows its record to whoever has a key.",
    test: async (text) => {
      keepKey(text);
      await get(PERFORMANCE, { days: USUAL_DAYS });
    },
  }),
  isSignedIn: () => key() || shownToAll,
  open,
});

function open(main, signal) {
  const wanted = Number(new URLSearchParams(location.search).get("days"));
  const body = h("div.grid");
  const days = h("select", { id: "days" }, DAYS.map((n) =>
    h("option", { value: n, selected: n === (DAYS.includes(wanted) ? wanted : USUAL_DAYS) }, `${n} days`)));
  const fill = () => fillWith(body, () => record(Number(days.value), signal), { signal, text: "A worker computes the record…" });
  days.addEventListener("change", () => {
    history.replaceState(null, "", `?days=${days.value}`);
    fill();
  });
  const calibration = h("div");
  show(main,
    h("div.row", {}, h("h1", {}, "The record"), h("label.field.end", { for: "days" }, h("span.hidden-text", {}, "Over"), days)),
    h("p.muted", {}, "Every signal was sealed before the fact and is scored by one fixed rule, losses, misses and retired slots included."),
    body, panel("Calibration: what was said, and how often it came", calibration));
  fill();
  fillWith(calibration, async () => calibrationPart(await computed("/api/calibration", {}, signal)), { signal });
}

async function record(days, signal) {
  const found = await computed(PERFORMANCE, { days }, signal);
  return [
    panel("All slots", totalsPart(found)), panel("By slot and model", slotsPart(found)),
    panel("Against random entries", randomPart(found)), panel("What subscribers' robots made of it", copiesPart(found)),
    panel("The chain that holds it", headPart(found)),
  ];
}
