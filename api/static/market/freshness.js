// How old the newest candle is, and the change of a day: neither pretends to be of now.

import { h, show } from "../parts/dom.js";
import { isNumber, signedPercent, span, when } from "../parts/format.js";
import { heldSeries, sameSeries } from "../parts/held.js";

// A price that is older by more than this is not the one of 24 hours before (s).
const DAY_ROOM = 3_600;

/** The change of a day: none where candles lack a day before, as that would be of another time. */
export function showChange(element, { last, dayBefore, series }) {
  const room = Math.max(DAY_ROOM, series.resolution);
  const known = dayBefore && last.time - dayBefore.time < 86_400 + room;
  const change = known ? last.close / dayBefore.close - 1 : null;
  element.className = known ? (change < 0 ? "down" : "up") : "small muted";
  const until = series.stale ? "in the 24 h before" : "in 24 h";
  show(element, isNumber(change) ? `${signedPercent(change)} ${until}` : "no candle 24 h before");
}

/** Says how old the newest finished candle is, and that newer ones lack: as the server judges it. */
export function showAge(element, { as_of: asOf, stale }) {
  const age = (Date.now() - Date.parse(asOf)) / 1_000;
  if (!asOf) return show(element, h("span.chip.warn", {}, "no finished candle"));
  const title = "When the newest finished candle closed; stale: newer ones should have come, the market being open";
  show(element, stale ? h("span.chip.warn", { title }, `stale: ${span(age)} old`) : null,
    stale ? h("span.muted", {}, `as of ${when(asOf)}`) : null);
}

// How often the server is asked whether candles lack, while none come.
const AGE_MS = 60_000;

/** Show the age now, and again while no candles come. */
export function keepAge(element, series, data, signal) {
  const draw = () => showAge(element, series);
  const timer = setInterval(async () => {
    const closed = data.last.time + series.resolution * 2;
    if (Date.now() / 1_000 < closed && !series.stale) return;
    const now = (await heldSeries(signal).catch(() => [])).find((one) => sameSeries(one, series));
    if (now) Object.assign(series, { as_of: now.as_of, stale: now.stale });
    draw();
  }, AGE_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  draw();
}
