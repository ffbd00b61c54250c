// Skill after each forecast, with an interval that may be looked at every time.

// As ml/scoring/confidence.py, where the formulas and their source stand.
const TIGHTEST_AT = 1_000;
const LEAST_FORECASTS = 200;
const LEAST_HORIZONS = 20;
const ALPHA = 0.05;

/** Return {skill, low, high} after each forecast from losses of the model and of last price. */
export function runningSkill(losses, baselineLosses, horizon) {
  const ours = means(losses);
  const theirs = means(baselineLosses);
  const bounds = {
    both: covariances(baselineLosses, losses, horizon),
    baseline: covariances(baselineLosses, baselineLosses, horizon),
    model: covariances(losses, losses, horizon),
  };
  const least = Math.max(LEAST_FORECASTS, LEAST_HORIZONS * horizon);
  return losses.map((_, i) => ({
    skill: theirs[i] ? 1 - ours[i] / theirs[i] : null,
    ...(i + 1 < least ? {} : interval(i, ours[i], theirs[i], bounds)),
  }));
}

// Fieller's inversion of a confidence sequence for the mean of u * theirs - ours.
function interval(i, ours, theirs, bounds) {
  const width = squaredWidth(i + 1);
  const square = theirs ** 2 - width * bounds.baseline[i];
  const mixed = theirs * ours - width * bounds.both[i];
  const inside = mixed ** 2 - square * (ours ** 2 - width * bounds.model[i]);
  if (square <= 0 || inside < 0) return {};
  const root = Math.sqrt(inside);
  return { low: 1 - (mixed + root) / square, high: 1 - (mixed - root) / square };
}

function squaredWidth(n) {
  const log = -2 * Math.log(ALPHA);
  const squared = (log + Math.log(log) + 1) / TIGHTEST_AT;
  const mixture = n * squared + 1;
  return ((2 * mixture) / (n ** 2 * squared)) * Math.log(Math.sqrt(mixture) / ALPHA);
}

/** Long-run covariances of the first 1, 2, ... n; errors up to `horizon` - 1 apart overlap. */
function covariances(left, right, horizon) {
  const [one, other] = [centred(left), centred(right)];
  const total = shifted(one, other, 0);
  for (let lag = 1; lag < Math.min(horizon, one.length); lag++) {
    const [before, after] = [shifted(one, other, lag), shifted(other, one, lag)];
    for (let i = 0; i < total.length; i++) total[i] += before[i] + after[i];
  }
  return total;
}

/** Covariances of each element with the one `lag` before, of growing parts. */
function shifted(left, right, lag) {
  const [meanLeft, meanRight] = [means(left), means(right)];
  let [later, earlier, products] = [0, 0, 0];
  return left.map((value, i) => {
    if (i >= lag) {
      later += value;
      earlier += right[i - lag];
      products += value * right[i - lag];
    }
    const pairs = Math.max(i + 1 - lag, 0);
    const both = products - meanLeft[i] * earlier - meanRight[i] * later + pairs * meanLeft[i] * meanRight[i];
    return both / (i + 1);
  });
}

function means(values) {
  let sum = 0;
  return values.map((value, i) => (sum += value) / (i + 1));
}

function centred(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
