// Each slot and model that ever spoke.

import { h } from "../parts/dom.js";
import { count, number, percent, signed } from "../parts/format.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { verdictChip } from "../parts/verdict.js";
import { coloured, expectancy, profitFactor, versusPrior, winRate } from "./figures.js";

const COLUMNS = [
  ["Slot"], ["Verdict"], ["Model", "mono.small"], ["Sealed", "number"], ["Missed", "number"], ["To trade", "number"], ["Ended", "number"],
  ["Won", "number"], ["Profit factor", "number"], ["Mean result", "number"], ["Deepest fall", "number"], ["Open", "number"],
  ["Against holding", "number"], ["Against the prior", "number"], ["Better than random", "number"], ["Chance of luck", "number"],
];

export function slotsPart({ rows }) {
  if (!rows.length) return empty("No slot yet", "Slots that were ever offered stay here, retired ones too.");
  return table("Slots and models", COLUMNS, rows.filter((row) => row.signals).map(({ signals: one, ...row }) => [
    [`${row.symbol} ${row.tf_code}`, row.retired && h("div.small.muted", {}, "retired")], verdictChip(one.verdict), row.model_v ?? "none spoke",
    count(one.n), one.n_missed ? h("span.warn", {}, count(one.n_missed)) : "0", count(one.n_directional), count(one.n_resolved),
    winRate(one), profitFactor(one), expectancy(one), `${number(one.max_drawdown_r)} R`,
    coloured(one.open_r, signed(one.open_r, 2, " R")), signed(one.versus_hold_bps, 2, " bps"), versusPrior(one),
    one.random_entry_percentile === null ? "–" : `${number(one.random_entry_percentile, 0)} %`,
    percent(one.p_value_holm),
  ]));
}
