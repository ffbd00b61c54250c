// A subscriber's own page: the plan, the robot, signals, trades, and another key.

import { h, show } from "./parts/dom.js";
import { get } from "./parts/api.js";
import { keepFilled, part } from "./parts/kept_filled.js";
import { startPage } from "./parts/own_page.js";
import { keepKey } from "./parts/session.js";
import { signIn } from "./parts/sign_in.js";
import { historyPanel } from "./robots/history.js";
import { planPart } from "./robots/plan.js";
import { executionsPart } from "./robots/positions.js";
import { robotPart } from "./robots/robot_state.js";
import { rotatePanel } from "./robots/rotate_key.js";
import { slotsPart } from "./robots/slots.js";

const REFRESH_MS = 15_000;
const NONE = "The slots of your plan get a signal as their candles close. Look again after the next close.";

startPage({
  ask: (main, message, done) => signIn(main, message, done, {
    label: "Your key",
    hint: [
      "The key that your robot uses (InpApiKey). Lost, or none yet? ",
      h("a", { href: "/app/claim" }, "Get a link"), " at the address that you bought with.",
    ],
    test: async (text) => {
      keepKey(text);
      await get("/api/account/me");
    },
  }),
  open,
});

function open(main, signal) {
  const parts = {
    plan: part("Plan", () => planPart(signal)),
    robot: part("Robot", () => robotPart(signal)),
    slots: part("Signals now", () => slotsPart(signal, NONE)),
    trades: part("My trades", () => executionsPart(signal)),
  };
  const history = historyPanel(signal);
  show(
    main, h("h1", {}, "My account"), h("div.grid.two", {}, parts.plan.panel, parts.robot.panel),
    parts.slots.panel, history.panel, parts.trades.panel, rotatePanel(),
  );
  keepFilled([...Object.values(parts), history], REFRESH_MS, signal);
}
