// The candles of one series as far as they are loaded: newest first, older ones on demand.

import { get } from "../parts/api.js";
import { seconds } from "../parts/format.js";

const PAGE = 1_500;
const LARGEST_PAGE = 10_000;

export class CandleData {
  constructor(series, signal) {
    this.series = series;
    this.signal = signal;
    this.candles = [];
    this.complete = false;
  }

  /** Load the newest candles, page by page until there are `least` or no more. */
  async start(least = PAGE) {
    await this.older(Math.min(least, LARGEST_PAGE));
    while (this.candles.length < least && !this.complete) await this.older(LARGEST_PAGE);
  }

  /** Load some before the oldest; says whether any came. */
  async older(limit = PAGE) {
    if (this.complete || this.busy) return false;
    this.busy = true;
    try {
      const found = await this.page(limit);
      this.complete = found.length < limit;
      this.candles = [...found, ...this.candles];
      return found.length > 0;
    } finally {
      this.busy = false;
    }
  }

  /** Load what there is since a time (s); not while older ones come already. */
  async since(time) {
    while (!this.complete && this.candles[0]?.time > time) {
      if (!(await this.older(LARGEST_PAGE))) return;
    }
  }

  async page(limit) {
    const { platform, symbol, resolution } = this.series;
    const path = `/candles/${encodeURIComponent(platform)}/${encodeURIComponent(symbol)}/${resolution}`;
    const end = this.candles.length ? this.candles[0].time - 1 : undefined;
    const { candles } = await get(path, { newest: true, limit, end }, this.signal);
    return candles.map(fromServer);
  }

  /** Take a candle that came live; returns it, and whether it is the newest. */
  take(candle) {
    const taken = fromServer(candle);
    const place = this.candles.findLastIndex(({ time }) => time <= taken.time);
    if (place >= 0 && this.candles[place].time === taken.time) this.candles[place] = taken;
    else if (place < 0 && this.candles.length) return null;
    else this.candles.splice(place + 1, 0, taken);
    return { candle: taken, newest: this.candles.at(-1) === taken };
  }

  get last() {
    return this.candles.at(-1);
  }

  /** The candle in force a day before the newest. */
  get dayBefore() {
    const since = this.last ? this.last.time - 86_400 : 0;
    return this.candles.findLast(({ time }) => time <= since);
  }

  /** How many of the loaded candles carry each flag. */
  flagCounts() {
    const counts = {};
    for (const { flags } of this.candles) for (const flag of flags) counts[flag] = (counts[flag] ?? 0) + 1;
    return counts;
  }
}

function fromServer(candle) {
  return { ...candle, time: seconds(candle.time) };
}
