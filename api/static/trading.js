// Trading on paper: the kill switch, what is held and why, what it came to, and the proof of it.

import { get } from "./parts/api.js";
import { h, show } from "./parts/dom.js";
import { fillAll, keepFilled, part, sharedAnswer } from "./parts/kept_filled.js";
import { startPage } from "./parts/own_page.js";
import { keepKey } from "./parts/session.js";
import { signIn } from "./parts/sign_in.js";
import { accountPart } from "./trading/account.js";
import { decisionsPanel } from "./trading/decisions.js";
import { EquityChart } from "./trading/equity.js";
import { limitsPart } from "./trading/limits.js";
import { ordersPart } from "./trading/orders.js";
import { positionsPart } from "./trading/positions.js";
import { verifyPanel } from "./trading/proof.js";
import { RangeForecasts } from "./trading/range_forecasts.js";
import { KillSwitch } from "./trading/switch.js";
import { tradesPart } from "./trading/trades.js";

const STATUS = "/api/v1/auto-trade/status";
const NOW_MS = 5_000;
const PAST_MS = 20_000;

startPage({
  ask: (main, message, done) => signIn(main, message, done, {
    hint: "An owner's key, or one of the role trader; a reader's key shows all and changes nothing.",
    test: async (text) => {
      keepKey(text);
      await get(STATUS);
    },
  }),
  open,
});

function open(main, signal) {
  const status = sharedAnswer(() => get(STATUS, {}, signal));
  const portfolio = sharedAnswer(() => get("/api/portfolio", {}, signal));
  const history = sharedAnswer(() => get("/api/portfolio/history", {}, signal));
  const killSwitch = new KillSwitch(status, signal);
  const ranges = new RangeForecasts(signal);
  const equity = new EquityChart(signal);
  const now = {
    state: killSwitch,
    account: part("Account", async () => accountPart(await portfolio(), await status())),
    limits: part("Limits", async () => limitsPart(await status())),
    positions: part("Positions", async () => positionsPart(await portfolio(), ranges)),
  };
  const past = {
    decisions: decisionsPanel(signal),
    equity: part("Equity", async () => equity.show(await history())),
    trades: part("Ended trades", async () => tradesPart(await history())),
    orders: part("Orders", () => ordersPart(signal)),
  };
  show(
    main, h("h1", {}, "Trading"), killSwitch.panel,
    h("div.grid.two", {}, now.account.panel, now.limits.panel),
    now.positions.panel, past.decisions.panel, past.equity.panel, past.orders.panel, past.trades.panel,
    verifyPanel(signal),
  );
  killSwitch.changed = () => fillAll([...Object.values(now), past.orders], signal, true);
  keepFilled(Object.values(now), NOW_MS, signal);
  keepFilled(Object.values(past), PAST_MS, signal);
}
