// What the account was worth, beside doing nothing.

import { h } from "../parts/dom.js";
import { number, percent, seconds } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { colour, onTheme } from "../parts/theme.js";
import { makeChart, priceFormat } from "../charts/chart.js";

const { LineSeries, LineStyle } = window.LightweightCharts;
const PLAIN = { priceFormat: priceFormat(2), priceLineVisible: false, lineWidth: 2 };

/** One chart for the life of the page: `show` gives it the newest points. */
export class EquityChart {
  constructor(signal) {
    this.signal = signal;
    this.box = h("div.chart.low");
  }

  show({ equity }) {
    if (equity.length < 2) {
      return empty("Not enough to draw yet", "Equity is noted once an hour and at each fill, from the first order on.");
    }
    if (!this.chart) this.make();
    // Two notes of one second would be none to the chart.
    const rows = [...new Map(equity.map((one) => [seconds(one.timestamp), one])).entries()];
    this.account.setData(rows.map(([time, one]) => ({ time, value: one.equity })));
    this.flat.setData(rows.map(([time]) => ({ time, value: equity[0].equity })));
    return [this.box, this.legend(equity)];
  }

  make() {
    this.chart = makeChart(this.box, this.signal, { label: "Equity of the account" });
    this.flat = this.chart.addSeries(LineSeries, { ...PLAIN, lineStyle: LineStyle.Dashed, lineWidth: 1, lastValueVisible: false });
    this.account = this.chart.addSeries(LineSeries, PLAIN);
    const paint = () => {
      this.account.applyOptions({ color: colour("accent") });
      this.flat.applyOptions({ color: colour("flat") });
    };
    paint();
    // It has a size only once it stands on the page.
    requestAnimationFrame(() => this.chart.timeScale().fitContent());
    this.signal.addEventListener("abort", onTheme(paint), { once: true });
  }

  legend(equity) {
    const last = equity.at(-1);
    return h("p.legend.chart-foot", {},
      h("span", {}, h("span.key.line.forecast"), `the account: ${number(last.equity)}, ${percent(last.drawdown_pct / 100)} below its peak`),
      h("span", {}, h("span.key.line.sample"), `nothing traded: ${number(equity[0].equity)}`));
  }
}
