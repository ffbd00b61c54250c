// Indicators over a column of closes, as TA-Lib computes them; undefined while they warm up.

/** Mean of the newest `n`. */
export function sma(values, n) {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (i >= n ? values[i - n] : 0);
    return i >= n - 1 ? sum / n : undefined;
  });
}

/** Exponential mean, which begins at place `first` with the mean of `n`. */
export function ema(values, n, first = n - 1) {
  const found = new Array(values.length);
  if (values.length <= first) return found;
  let mean = values.slice(first - n + 1, first + 1).reduce((sum, value) => sum + value, 0) / n;
  for (let i = first; i < values.length; i++) {
    if (i > first) mean += (values[i] - mean) * (2 / (n + 1));
    found[i] = mean;
  }
  return found;
}

/** Bollinger bands: the mean of `n`, and so many deviations beside it. */
export function bollinger(values, n = 20, width = 2) {
  const middle = sma(values, n);
  const deviation = middle.map((mean, i) => {
    if (mean === undefined) return undefined;
    const squares = values.slice(i - n + 1, i + 1).reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return Math.sqrt(squares / n);
  });
  const side = (sign) => middle.map((mean, i) => (mean === undefined ? undefined : mean + sign * width * deviation[i]));
  return { upper: side(1), middle, lower: side(-1) };
}

/** Relative strength by Wilder's averages: 0 to 100, and 0 where nothing moved. */
export function rsi(values, n = 14) {
  const found = new Array(values.length);
  let [up, down] = [0, 0];
  for (let i = 1; i < values.length; i++) {
    const [rise, fall] = [Math.max(0, values[i] - values[i - 1]), Math.max(0, values[i - 1] - values[i])];
    // The first mean is a plain one.
    const kept = i <= n ? 1 : 1 - 1 / n;
    up = up * kept + rise / n;
    down = down * kept + fall / n;
    if (i >= n) found[i] = up + down ? (100 * up) / (up + down) : 0;
  }
  return found;
}

/** MACD (12, 26, 9): the line begins with its signal, as TA-Lib's does. */
export function macd(values, fast = 12, slow = 26, smooth = 9) {
  const [quick, slowly] = [ema(values, fast, slow - 1), ema(values, slow)];
  const known = quick.slice(slow - 1).map((value, i) => value - slowly[slow - 1 + i]);
  const warm = new Array(Math.min(values.length, slow - 1));
  const signal = [...warm, ...ema(known, smooth)];
  const line = [...warm, ...known].map((value, i) => (signal[i] === undefined ? undefined : value));
  return { line, signal, histogram: line.map((value, i) => (value === undefined ? undefined : value - signal[i])) };
}
