// How far the price of a market is expected to go in its next candle; asked at most once a minute.

import { get } from "../parts/api.js";
import { sharedAnswer } from "../parts/kept_filled.js";

const KEPT_MS = 60_000;
// The first of these that is held is asked about.
const LENGTHS = ["15m", "1h", "5m", "30m", "4h", "1m", "1d"];

export class RangeForecasts {
  constructor(signal) {
    this.signal = signal;
    this.kept = new Map();
    this.symbols = sharedAnswer(() => get("/api/symbols", {}, signal));
  }

  /** Return {low, high, horizon, ...} of a market, or {none: why}. */
  of(platform, symbol) {
    const name = `${platform}:${symbol}`;
    const kept = this.kept.get(name);
    if (kept && Date.now() - kept.at < KEPT_MS) return kept.answer;
    const answer = this.ask(platform, symbol).catch((error) => ({ none: error.message }));
    this.kept.set(name, { at: Date.now(), answer });
    return answer;
  }

  async ask(platform, symbol) {
    const { details } = await this.symbols();
    const held = details.find((one) => one.platform === platform && one.raw === symbol)?.timeframes ?? [];
    const timeframe = LENGTHS.find((one) => held.includes(one)) ?? held[0];
    if (!timeframe) return { none: "no candles are held" };
    const asked = { symbols: symbol, platform, timeframe, include: "all" };
    const { signals, errors } = await get("/api/signals/active", asked, this.signal);
    const found = signals[0]?.range_prediction;
    if (!found) return { none: errors[0]?.detail ?? "no range is forecast" };
    const middle = signals[0].entry_price;
    return {
      low: middle - found.delta_low, high: middle + found.delta_high, horizon: found.horizon,
      held_low: found.confidence_low, held_high: found.confidence_high,
    };
  }
}
