// Indicators on a market's chart: over the candles, or in panes of their own below.

import { bollinger, ema, macd, rsi, sma } from "./indicators.js";
import { h } from "../parts/dom.js";
import { colour, onTheme } from "../parts/theme.js";

const { HistogramSeries, LineSeries } = window.LightweightCharts;
const CHOICE = "tickcast-indicators";
// After so long without a candle (s) an indicator begins anew: longer than any weekend with holidays.
const HOLE = 5 * 86_400;
// Of so many candles the newest value is the same to the last digit.
const TAIL = 600;

const line = (shade, compute, more = {}) => ({ kind: LineSeries, shade, compute, ...more });
const OVER = { lineWidth: 1, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false };
const BELOW = { ...OVER, lastValueVisible: true, priceFormat: { type: "price", precision: 2, minMove: 0.01 } };

// By name: the lines, each with its colour and its values from closes. `below`: a pane of its own.
const STUDIES = {
  "SMA 20": { lines: [line("accent", (closes) => sma(closes, 20))] },
  "SMA 50": { lines: [line("warn", (closes) => sma(closes, 50))] },
  "EMA 12": { lines: [line("violet", (closes) => ema(closes, 12))] },
  "EMA 26": { lines: [line("up", (closes) => ema(closes, 26))] },
  "Bollinger 20, 2": {
    lines: ["upper", "middle", "lower"].map((part) => line("flat", (closes) => bollinger(closes)[part])),
  },
  "RSI 14": { below: true, guides: [30, 70], lines: [line("accent", (closes) => rsi(closes))] },
  "MACD 12, 26, 9": {
    below: true, guides: [0],
    lines: [
      { ...line("flat", (closes) => macd(closes).histogram), kind: HistogramSeries },
      line("accent", (closes) => macd(closes).line), line("warn", (closes) => macd(closes).signal),
    ],
  },
};

export class Studies {
  constructor(chart, signal) {
    Object.assign(this, { chart, rows: [], shown: new Map() });
    signal.addEventListener("abort", onTheme(() => this.paint()), { once: true });
    this.element = h("details.menu", {}, h("summary", {}, "Indicators"),
      h("div.menu-list", {}, Object.keys(STUDIES).map((name) => this.box(name))));
  }

  box(name) {
    const box = h("input", { type: "checkbox", checked: remembered().includes(name) });
    box.addEventListener("change", () => {
      const others = remembered().filter((one) => one !== name);
      localStorage.setItem(CHOICE, JSON.stringify(box.checked ? [...others, name] : others));
      this.follow();
    });
    return h("label.check", {}, box, name);
  }

  /** Draw over all candles. */
  set(rows) {
    this.rows = rows;
    this.follow();
    for (const [name, lines] of this.shown) this.fill(name, lines);
  }

  /** Draw the newest value alone: a candle came or changed. */
  update(rows) {
    this.rows = rows;
    const tail = rows.slice(-TAIL);
    for (const [name, lines] of this.shown) {
      STUDIES[name].lines.forEach(({ compute }, i) => lines[i].update(points(tail, compute).at(-1)));
    }
  }

  /** Add what is chosen and is not drawn yet, and take away what is not any more. */
  follow() {
    const wanted = remembered();
    for (const [name, lines] of this.shown) {
      if (wanted.includes(name)) continue;
      for (const one of lines) this.chart.removeSeries(one);
      this.shown.delete(name);
    }
    for (const name of wanted) if (!this.shown.has(name)) this.add(name);
  }

  add(name) {
    const { lines, below, guides = [] } = STUDIES[name];
    const pane = below ? this.chart.panes().length : 0;
    const made = lines.map(({ kind }, i) =>
      this.chart.addSeries(kind, { ...(below ? BELOW : OVER), title: below && i === 0 ? name : "" }, pane));
    for (const price of guides) {
      made.at(-1).createPriceLine({ price, color: colour("flat"), lineWidth: 1, lineStyle: 2, axisLabelVisible: false });
    }
    this.shown.set(name, made);
    this.fill(name, made);
    this.paint();
  }

  fill(name, lines) {
    STUDIES[name].lines.forEach(({ compute }, i) => lines[i].setData(points(this.rows, compute)));
  }

  paint() {
    for (const [name, lines] of this.shown) {
      STUDIES[name].lines.forEach(({ shade }, i) => lines[i].applyOptions({ color: colour(shade) }));
    }
  }
}

const remembered = () => {
  const names = JSON.parse(localStorage.getItem(CHOICE) ?? "[]");
  return names.filter((name) => name in STUDIES);
};

/** Values by time, run by run: nothing is computed across a hole. */
function points(rows, compute) {
  const found = [];
  for (let start = 0, i = 1; i <= rows.length; i++) {
    if (i < rows.length && rows[i].time - rows[i - 1].time <= HOLE) continue;
    const run = rows.slice(start, i);
    const values = compute(run.map(({ close }) => close));
    run.forEach(({ time }, place) => found.push(values[place] === undefined ? { time } : { time, value: values[place] }));
    start = i;
  }
  return found;
}
