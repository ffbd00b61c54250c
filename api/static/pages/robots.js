// Robots: which signals are offered, which terminals are there, what they traded.

import { h, show } from "../parts/dom.js";
import { keepFilled, part } from "../parts/kept_filled.js";
import { executionsPart } from "../robots/positions.js";
import { slotsPart } from "../robots/slots.js";
import { terminalsPart } from "../robots/terminals.js";

const REFRESH_MS = 5_000;
const NONE = "TICKCAST_SIGNAL_MARKETS names markets whose signals are sealed at each candle's close.";

export async function open(main, parameters, signal) {
  const parts = {
    slots: part("Signals offered", () => slotsPart(signal, NONE)),
    terminals: part("Terminals", () => terminalsPart(signal)),
    executions: part("Positions", () => executionsPart(signal)),
  };
  show(
    main, h("h1.hidden-text", {}, "Robots"), parts.slots.panel, parts.terminals.panel,
    parts.executions.panel,
  );
  await keepFilled(Object.values(parts), REFRESH_MS, signal);
}
