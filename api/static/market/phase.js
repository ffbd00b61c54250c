// Beside the chart: the market's phase, how often such claims came true, and the test of it.

import { PHASES } from "../charts/phases.js";
import { follow, offers, post, withParameters } from "../parts/api.js";
import { h } from "../parts/dom.js";
import { count, isNumber, number, percent, resolutionName, seconds, when } from "../parts/format.js";
import { empty, fillWith } from "../parts/states.js";
import { facts, panel, table } from "../parts/table.js";

const ROUTE = "/api/amd/{symbol}";
// A phase is told of so many finished candles: the usual look-back and what leads into it.
const LEAST_CANDLES = 121;
const CLAIMS = {
  accumulation: "A quiet range. The claim: prices soon leave it.",
  manipulation: "Prices went beyond one side of the range and came back. The claim: the other side comes next.",
  distribution: "Prices closed beyond the range. The claim: they go on that way.",
  none: "None of the three phases now.",
};
const BIASES = { long: "up", short: "down", none: "none" };

export class PhasePanel {
  constructor(series, chart, data, signal) {
    Object.assign(this, { series, chart, data, signal });
    this.body = h("div.body");
    this.element = panel("Phase", this.body);
    this.load();
  }

  /** Ask for the phase and draw it; `quiet` leaves what is there until the answer has come. */
  load(quiet = false) {
    return fillWith(this.body, async () => {
      if (!(await offers("POST", ROUTE))) return empty("No phases here", "This process has no engine's routes.");
      if (finished(this.data) < LEAST_CANDLES) return empty("Too few candles for a phase", `It takes ${LEAST_CANDLES} finished ones.`);
      const found = await this.ask();
      this.chart.phases.set(found.phases.map(({ phase, start_time, last_time }) =>
        ({ phase, from: seconds(start_time), to: seconds(last_time) })));
      return shown(found);
    }, { signal: this.signal, quiet, text: "Asking for the phase…" });
  }

  async ask() {
    const { platform, symbol, resolution } = this.series;
    const asked = { platform, timeframe: resolutionName(resolution) };
    const path = withParameters(ROUTE.replace("{symbol}", encodeURIComponent(symbol)), asked);
    const found = await post(path, undefined, { signal: this.signal });
    if (!found.task_id) return found;
    // The first test of a long series takes longer than a caller waits.
    await follow(found.task_id, () => {}, this.signal);
    return post(path, undefined, { signal: this.signal });
  }
}

const finished = ({ candles }) => candles.filter(({ flags }) => !flags.includes("partial")).length;

function shown(found) {
  const { phase, start_time, strength, trading_bias: bias, characteristics: { range_compression, volume_ratio } } = found;
  return h(
    "div.grid", {},
    h("div.row", {}, h(`span.chip.phase.${phase}`, {}, phase), h("span.small.muted", {}, `since ${when(start_time)}`)),
    h("p.small", {}, CLAIMS[phase]),
    facts(
      phase !== "none" && ["Came true before", confidenceText(found)],
      phase !== "none" && ["Strength", percent(strength, 0)],
      ["Points", BIASES[bias.direction]], ["Size advised", percent(bias.position_size, 0)],
      ["Width by its median", number(range_compression, 2)],
      isNumber(volume_ratio) && ["Volume by its median", number(volume_ratio, 2)],
    ),
    hypothesis(found.hypothesis),
  );
}

const confidenceText = ({ confidence, n, unproven }) =>
  unproven ? `unproven (${count(n)} times seen)` : `${percent(confidence, 0)} of ${count(n)}`;

/** What the permutation test says of the phases in this series, in words and with its p-values. */
function hypothesis({ direction, size, n, reason, level }) {
  if (reason) return verdict("open", "A hypothesis that was not tested here", reason);
  const [where, far] = [least(direction.looks), least(size.looks)];
  const asked = direction.looks.length + size.looks.length + size.given_volatility.length;
  const title = direction.passed ? "Phases told where prices go here" : "A hypothesis: not shown to say where prices go";
  return verdict(
    direction.passed ? "skilled" : "unproven", title,
    `Permutation test on ${count(n)} candles: where prices go ${p(where)}, how far ${p(far)}, beyond what ` +
    `volatility says ${p(least(size.given_volatility))}; each corrected for ${asked} questions, ${level} is needed.`,
    direction.passed ? null : h("p.small", {}, "No size is advised: without a test that is passed a phase is a picture, not a forecast."),
    h("details", {}, h("summary", {}, "All that was tested"), looks(direction, size)),
  );
}

const verdict = (look, title, text, ...more) =>
  h(`div.verdict.${look}`, {}, h("strong", {}, title), h("p.small", {}, text), ...more);

const least = (tested) => (tested.length ? Math.min(...tested.map(({ adjusted }) => adjusted)) : null);

const p = (value) => (!isNumber(value) ? "was not asked" : value < 0.001 ? "p < 0.001" : `p = ${number(value, 3)}`);

const COLUMNS = [["Question", "small"], ["Ahead", "number"], ["Effect", "number"], ["p", "number"]];

function looks(direction, size) {
  const rows = [["where", direction.looks], ["how far", size.looks], ["how far, given volatility", size.given_volatility]];
  return table("Permutation tests", COLUMNS, rows.flatMap(([question, tested]) => tested.map((one) => [
    PHASES[one.phase] ? `${question}, ${one.phase}` : question, one.horizon, number(one.effect, 3), p(one.adjusted).slice(2),
  ])));
}
