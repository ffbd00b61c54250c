// How signals are distributed: too much of one word, or of one confidence, is worth a look.

import { barLine, filled, strip } from "../parts/bars.js";
import { h } from "../parts/dom.js";
import { count, percent } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { facts } from "../parts/table.js";

export function distributionPart({ signals_distribution: told }) {
  const { "24h": day, "7d": week } = told;
  if (!week.n) return empty("No signal was sealed in a week", "Offered slots get one as their candles close.");
  return h("div.body.grid", {},
    facts(
      ["Sealed, 24 h", count(day.n)], ["to buy / sell", `${count(day.by_word.BUY)} / ${count(day.by_word.SELL)}`],
      ["Sealed, 7 d", count(week.n)], ["to buy / sell", `${count(week.by_word.BUY)} / ${count(week.by_word.SELL)}`],
      ["No trade, 7 d", percent(week.by_word.NO_TRADE / week.n)],
      ["Slots", count(week.by_slot.length)],
    ),
    h("h3", {}, "Confidence, 7 days"),
    h("div.bars", {}, week.by_confidence.map((one) => bar(one, week))));
}

function bar({ low, high, n }, { n: all, by_confidence: tenths }) {
  const most = Math.max(...tenths.map((one) => one.n), 1);
  const drawing = strip({ "aria-hidden": "true" }, filled(n / most));
  return barLine(`${percent(low, 0)} to ${percent(high, 0)}`, drawing, percent(n / all));
}
