// How many sets of random entries each slot beat: by luck alone all tenths are alike.

import { h, svg } from "../parts/dom.js";
import { count, isNumber, number } from "../parts/format.js";
import { empty } from "../parts/states.js";

const TENTHS = 10;

export function randomPart({ totals, rows }) {
  const all = totals.signals?.random_entry_percentile;
  const found = rows.map((row) => row.signals?.random_entry_percentile).filter(isNumber);
  if (!isNumber(all) && !found.length) {
    return empty("Too few positions to compare", "From 10 positions on, 1,000 sets of random entries with the same exits, sides, count and hours are drawn.");
  }
  return h("div.body.grid", {},
    isNumber(all) && h("p", {}, `${compared(found.length, rows.length)} did better than `, h("strong", {}, `${number(all, 0)} %`),
      " of 1,000 sets of random entries with the same exits, sides, count and hours; luck alone brings 50 %."),
    found.length ? histogram(found) : null);
}

/** Of short windows not all slots have enough places for other entries. */
function compared(found, every) {
  if (found === every) return "All slots together";
  return found === 1 ? `The one slot and model of ${count(every)} with enough to compare` : `The ${count(found)} of ${count(every)} slots and models with enough to compare, together,`;
}

function histogram(found) {
  const counts = Array.from({ length: TENTHS }, (_, n) => found.filter((one) => tenth(one) === n).length);
  const most = Math.max(...counts, 1);
  const text = `Slots by the share of random entries that they beat: ${counts.map((n, i) => `${10 * i} to ${10 * i + 10} %: ${n}`).join(", ")}`;
  const [width, height, foot] = [300, 96, 16];
  const step = width / TENTHS;
  const tall = (n) => ((height - foot - 14) * n) / most;
  return h("figure.wide", {},
    svg("svg.plot", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": text },
      counts.map((n, i) => svg("rect.bar", { x: i * step + 2, y: height - foot - tall(n), width: step - 4, height: tall(n) })),
      counts.map((n, i) => n && svg("text", { x: (i + 0.5) * step, y: height - foot - tall(n) - 3, "text-anchor": "middle" }, count(n))),
      svg("line.axis", { x1: 0, x2: width, y1: height - foot, y2: height - foot }),
      svg("line.zero", { x1: 0, x2: width, y1: height - foot - tall(found.length / TENTHS), y2: height - foot - tall(found.length / TENTHS) }),
      ["0 %", "50 %", "100 %"].map((label, i) => svg("text", {
        x: (i * width) / 2, y: height - 3, "text-anchor": ["start", "middle", "end"][i],
      }, label))),
    h("figcaption.small.muted", {}, `${found.length === 1 ? "One slot and model" : `${count(found.length)} slots and models`} by the share of random entries that they beat; dashed is what luck brings on average.`));
}

const tenth = (percentile) => Math.min(TENTHS - 1, Math.floor(percentile / TENTHS));
