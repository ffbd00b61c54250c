// Figures of a record, with how sure they are.

import { h } from "../parts/dom.js";
import { isNumber, number, percent, signed, signedPercent } from "../parts/format.js";

const ranged = (text, low, high) => [text, h("div.small.muted", {}, low === null || high === null ? "too few to say how sure" : `${low} to ${high}`)];

export const coloured = (value, text) => (isNumber(value) && value !== 0 ? h(value < 0 ? "span.down" : "span.up", {}, text) : text);

const orNull = (value, show) => (isNumber(value) ? show(value) : null);

export const winRate = (one) =>
  isNumber(one.win_rate) ? ranged(percent(one.win_rate), orNull(one.win_rate_low, percent), orNull(one.win_rate_high, percent)) : "–";

export const profitFactor = (one) =>
  isNumber(one.profit_factor)
    ? ranged(number(one.profit_factor), orNull(one.profit_factor_low, number), orNull(one.profit_factor_high, number))
    : "–";

export const expectancy = (one) =>
  isNumber(one.expectancy_r)
    ? ranged(coloured(one.expectancy_r, signed(one.expectancy_r, 3, " R")),
      orNull(one.expectancy_r_low, (value) => signed(value, 3)), orNull(one.expectancy_r_high, (value) => signed(value, 3)))
    : "–";

/** The share of the class prior's error that sealed chances saved, of all words. */
export const versusPrior = (one) =>
  isNumber(one.versus_prior)
    ? ranged(signedPercent(one.versus_prior), orNull(one.versus_prior_low, signedPercent), orNull(one.versus_prior_high, signedPercent))
    : "–";

export const sharpe = (one) =>
  isNumber(one.sharpe_daily)
    ? ranged(signed(one.sharpe_daily), orNull(one.sharpe_low, signed), orNull(one.sharpe_high, signed))
    : "–";
