// What the account was worth, beside its shadow accounts, or else beside doing nothing.

import { h } from "../parts/dom.js";
import { count, isNumber, number, percent, seconds, signed, signedPercent } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { colour, onTheme } from "../parts/theme.js";
import { makeChart, priceFormat } from "../charts/chart.js";

const { LineSeries, LineStyle } = window.LightweightCharts;
const SHADOWS = {
  always_flat: ["nothing traded", "flat", "sample"],
  coin_flip: ["signals and sides by coins", "warn", "baseline"],
  ignore_model: ["its trades, sides by a coin", "violet", "revised"],
};
const COLUMNS = [
  ["Account", "nowrap"], ["Trades", "number"], ["Mean result", "number"], ["Return", "number"], ["Deepest fall", "number"],
  ["The account did better by", "number"], ["How sure", "small.wrap"],
];
const PLAIN = { priceFormat: priceFormat(2), priceLineVisible: false, lineWidth: 2 };

/** One chart for the life of the page: `show` gives it the newest points. */
export class EquityChart {
  constructor(signal) {
    this.signal = signal;
    this.box = h("div.chart.low");
  }

  show({ equity, shadows }) {
    if (equity.length < 2) {
      return empty("Not enough to draw yet", "Equity is noted once an hour and at each fill, from the first order on.");
    }
    if (!this.chart) this.make();
    this.account.setData(points(equity));
    const beside = new Map(shadows.map((one) => [one.name, one.equity]));
    if (!beside.size) beside.set("always_flat", equity.map((one) => ({ ...one, equity: equity[0].equity })));
    for (const [name, line] of Object.entries(this.lines)) line.setData(points(beside.get(name) ?? []));
    return [this.box, this.legend(equity, beside), shadows.length > 0 && shadowTable(shadows)];
  }

  make() {
    this.chart = makeChart(this.box, this.signal, { label: "Equity of the account" });
    const thin = { ...PLAIN, lineStyle: LineStyle.Dashed, lineWidth: 1, lastValueVisible: false };
    this.lines = Object.fromEntries(Object.keys(SHADOWS).map((name) => [name, this.chart.addSeries(LineSeries, thin)]));
    this.account = this.chart.addSeries(LineSeries, PLAIN);
    const paint = () => {
      this.account.applyOptions({ color: colour("accent") });
      for (const [name, line] of Object.entries(this.lines)) line.applyOptions({ color: colour(SHADOWS[name][1]) });
    };
    paint();
    // It has a size only once it stands on the page.
    requestAnimationFrame(() => this.chart.timeScale().fitContent());
    this.signal.addEventListener("abort", onTheme(paint), { once: true });
  }

  legend(equity, beside) {
    const last = equity.at(-1);
    return h("p.legend.chart-foot", {},
      h("span", {}, h("span.key.line.forecast"), `the account: ${number(last.equity)}, ${percent(last.drawdown_pct / 100)} below its peak`),
      [...beside].map(([name, worth]) => h("span", {}, h(`span.key.line.${SHADOWS[name][2]}`),
        `${SHADOWS[name][0]}: ${number(worth.at(-1)?.equity)}`)));
  }
}

// Two notes of one second would be none to the chart.
const points = (equity) =>
  [...new Map(equity.map((one) => [seconds(one.timestamp), one.equity])).entries()].map(([time, value]) => ({ time, value }));

function shadowTable(shadows) {
  return table("Shadow accounts", COLUMNS, shadows.map((one) => [
    [one.name.replaceAll("_", " "), h("div.small.muted", {}, SHADOWS[one.name][0])], count(one.n),
    isNumber(one.expectancy_r) ? signed(one.expectancy_r, 2, " R") : "–", signedPercent(one.total_return), percent(one.max_drawdown),
    isNumber(one.difference.r) ? signed(one.difference.r, 2, " R") : "–", sure(one.difference),
  ]));
}

function sure({ ci, n, paired, reason }) {
  if (!ci) return reason ?? "";
  return `95%: ${signed(ci[0])} to ${signed(ci[1])} R, ${count(n)} ${paired ? "same decisions" : "trades each"}`;
}
