"""How sure a score is: forecasts that overlap in time are not independent.

Series are one value a forecast, in order of time. `horizon` is how many
forecasts ahead a label reaches, so that errors up to `horizon - 1` apart share
part of their path.
"""

import math
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit  # type: ignore[import-untyped]

Floats = NDArray[np.float64]


class Verdict(StrEnum):
    """What an interval of skill allows to say."""

    SKILLED = "skilled"
    UNPROVEN = "unproven"
    NEGLIGIBLE = "negligible"
    NO_SKILL = "no_skill"


# Errors 0.03% smaller than the baseline's: less is skill in arithmetic only. With enough
# forecasts an interval shows far smaller gains, on which nobody can act.
LEAST_SKILL = 0.0003
# The confidence of intervals, and how many resampled skills lie beyond them: more where
# they must be surer, up to a bound.
LEVEL = 0.95
DRAWS_BEYOND, MOST_DRAWS, DRAWS_AT_ONCE = 50, 20_000, 1_000
CALIBRATION_DRAWS = 1_000


def verdict(low: float, high: float, least: float = LEAST_SKILL) -> Verdict:
    """Judge by the interval of skill: all above `least`, all below it, or neither (NaN too).

    Below `least` it is `negligible` if all above 0, else `no_skill`.
    """
    if low > least:
        return Verdict.SKILLED
    if high < least:
        return Verdict.NEGLIGIBLE if low > 0 else Verdict.NO_SKILL
    return Verdict.UNPROVEN


def block_length(count: int, horizon: int) -> int:
    """Return a block long enough for the dependence: twice the horizon, or count^(1/3)."""
    wanted = max(2 * horizon, math.ceil(math.cbrt(count)))
    return max(1, min(wanted, count // 4))


def skill_interval(
    loss: Floats,
    baseline_loss: Floats,
    horizon: int,
    *,
    level: float = LEVEL,
    draws: int | None = None,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile interval of 1 - mean(loss) / mean(baseline_loss).

    Circular block bootstrap of pairs: Politis and Romano (1992), widened for what it
    leaves out where blocks are few or forecasts overlap (`widening`). NaN where the
    baseline makes no error at all. It covers the chance of the tested period, not
    that of training: another seed of a network can tip a verdict near its bound.
    """
    length = block_length(len(loss), horizon)
    draws = draws or min(round(DRAWS_BEYOND / (1 - level)), MOST_DRAWS)
    random = np.random.default_rng(seed)
    sums = [_block_sums(each, length) for each in (loss, baseline_loss)]
    resampled: list[list[Floats]] = [[], []]
    for done in range(0, draws, DRAWS_AT_ONCE):
        size = (min(DRAWS_AT_ONCE, draws - done), math.ceil(len(loss) / length))
        starts = random.integers(len(loss), size=size)
        for found, each in zip(resampled, sums, strict=True):
            found.append(each[starts].sum(axis=1))
    ours, theirs = (np.concatenate(found) for found in resampled)
    if not theirs.all():
        return math.nan, math.nan
    tail = (1 - level) / 2
    bounds = np.quantile(1 - ours / theirs, [tail, 1 - tail])
    value = 1 - loss.mean() / baseline_loss.mean()
    low, high = value + widening(len(loss), length, horizon, level) * (bounds - value)
    return float(low), float(high)


def ratio_interval(
    part: Floats, whole: Floats, horizon: int, *, draws: int | None = None, seed: int = 0
) -> tuple[float, float]:
    """Return the interval of sum(part) / sum(whole), neither below 0, as `skill_interval` does."""
    low, high = skill_interval(part, whole, horizon, draws=draws, seed=seed)
    return float(np.maximum(0.0, 1 - high)), 1 - low


def calibration_interval(
    probability: Floats, happened: NDArray[np.bool_], horizon: int, *, bins: int = 10, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile interval of the expected calibration error, bins as they are.

    Circular block bootstrap as in `skill_interval`. The error of a sample is above that of a
    perfect forecaster's many: an interval above 0 alone proves nothing.
    """
    length, count = block_length(len(probability), horizon), len(probability)
    edges = np.unique(np.quantile(probability, np.arange(1, bins) / bins))
    bin_of = np.searchsorted(edges, probability, side="left")
    starts = np.random.default_rng(seed).integers(
        count, size=(CALIBRATION_DRAWS, math.ceil(count / length))
    )
    error = np.zeros(CALIBRATION_DRAWS)
    for index in np.unique(bin_of):
        gap = np.where(bin_of == index, probability - happened, 0.0)
        error += np.abs(_block_sums(gap, length)[starts].sum(axis=1))
    error /= starts.shape[1] * length
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(error, [tail, 1 - tail])
    return float(low), float(high)


def widening(count: int, length: int, horizon: int, level: float = LEVEL) -> float:
    """Return by which factor intervals of resampled blocks are too narrow.

    Blocks cut the dependence at their ends: of autocovariances that fall evenly to 0 at
    the horizon, as those of overlapping forecasts do, a block holds (1 - lag / length).
    And a variance estimated from few blocks asks for Student's t.
    """
    lag = np.arange(1, horizon)
    falling = 1 - lag / horizon
    held = 1 + 2 * float((falling * np.maximum(1 - lag / length, 0)).sum())
    share = held / (1 + 2 * float(falling.sum()))
    blocks = count / length
    if blocks <= 1:
        return 1.0
    tails = stdtrit(blocks - 1, (1 + level) / 2) / ndtri((1 + level) / 2)
    return float(tails * math.sqrt(blocks / (blocks - 1) / share))


def level_for(candidates: int) -> float:
    """Return the level at which the intervals of so many candidates hold together (Bonferroni)."""
    return 1 - (1 - LEVEL) / candidates


def _block_sums(values: Floats, length: int) -> Floats:
    """Return the sum of the `length` values from each index on, around the end."""
    sums = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[: length - 1]]))])
    return np.asarray(sums[length:] - sums[:-length])


def long_run_variance(values: Floats, lags: int) -> float:
    """Return the variance of sqrt(n) times the mean, autocovariances up to `lags` included.

    All weigh alike, as errors of `lags + 1` steps ahead want it; where that is
    not positive, they weigh less with the lag (Newey and West, 1987), as in
    the R package forecast's `dm.test`.
    """
    centred = values - values.mean()
    lags = min(lags, len(values) - 1)
    own = float(centred @ centred) / len(values)
    shifted = [float(centred[k:] @ centred[:-k]) / len(values) for k in range(1, lags + 1)]
    variance = own + 2 * sum(shifted)
    if variance <= 0:
        variance = own + 2 * sum((1 - k / (lags + 1)) * c for k, c in enumerate(shifted, 1))
    return variance


def diebold_mariano(loss: Floats, baseline_loss: Floats, horizon: int) -> tuple[float, float]:
    """Return the statistic (negative: fewer losses than the baseline) and two-sided p-value.

    Diebold and Mariano (1995), corrected for few forecasts (`_overlap_correction`). Equal
    losses throughout give 0 and 1.
    """
    difference = loss - baseline_loss
    count, ahead = len(difference), min(horizon, len(difference) - 1)
    variance = long_run_variance(difference, ahead - 1)
    if variance <= 0:
        return 0.0, 1.0
    error = math.sqrt(variance / count / _overlap_correction(count, ahead))
    statistic = float(difference.mean()) / error
    return statistic, 2 * float(stdtr(count - 1, -abs(statistic)))


def _overlap_correction(count: int, ahead: int) -> float:
    """Return the share of a mean's variance that its estimate holds where `ahead` overlap.

    Source: Harvey, Leybourne and Newbold, Testing the Equality of Prediction Mean Squared
    Errors (1997).
    """
    return (count + 1 - 2 * ahead + ahead * (ahead - 1) / count) / count


def better_p_value(statistic: float, p_value: float) -> float:
    """Return the one-sided p-value of fewer losses than the baseline, of a two-sided test."""
    return p_value / 2 if statistic < 0 else 1 - p_value / 2


def mean_interval(values: Floats, horizon: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the mean of what was earned, 0 where nothing was done.

    What few values show of their dependence is as often too small as too great: the long-run
    variance is at least that of values apart, and Student's t counts the stretches of
    `horizon` in which something was done. NaN of a single value.
    """
    count = len(values)
    if count < 2:
        return math.nan, math.nan
    ahead = min(horizon, max(1, count // 4))
    variance = max(long_run_variance(values, ahead - 1), float(values.var(ddof=1)))
    variance /= _overlap_correction(count, ahead)
    freedom = max(_stretches(np.flatnonzero(values), ahead) - 1, 1)
    half = float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(variance / count)
    return float(values.mean()) - half, float(values.mean()) + half


def _stretches(places: NDArray[np.intp], length: int) -> int:
    """Return how many stretches of such a length, none touching another, hold all `places`."""
    found = at = 0
    while at < len(places):
        found, at = found + 1, int(np.searchsorted(places, places[at] + length))
    return found


def direction_test(
    moves: Floats, predicted_moves: Floats, horizon: int
) -> tuple[float, float, float]:
    """Return accuracy, base rate and one-sided p-value over moves that both sides decided.

    Shape (n,) or (n, H). The base rate is what always naming the commoner
    direction achieves; the p-value that of the hits exceeding its hits, with
    overlap regarded. NaN, NaN and 1 where nothing was decided.
    """
    decided = (moves != 0) & (predicted_moves != 0)
    if not decided.any():
        return math.nan, math.nan, 1.0
    common = 1 if (moves[decided] > 0).mean() >= 0.5 else -1
    hits = decided & (np.sign(moves) == np.sign(predicted_moves))
    base_hits = decided & (np.sign(moves) == common)
    accuracy, base = hits.sum() / decided.sum(), base_hits.sum() / decided.sum()
    edge = direction_edge(moves, predicted_moves, common)
    return float(accuracy), float(base), _chance_above_zero(edge, horizon)


def direction_edge(moves: Floats, predicted_moves: Floats, always: int) -> Floats:
    """Return the hits of each forecast beyond those of always naming one side (1 or -1).

    Shape (n,), the mean over horizons of moves that both sides decided.
    """
    decided = (moves != 0) & (predicted_moves != 0)
    hits = decided & (np.sign(moves) == np.sign(predicted_moves))
    edge = hits.astype(float) - (decided & (np.sign(moves) == always))
    return np.asarray(edge.reshape(len(edge), -1).mean(axis=1))


def _chance_above_zero(series: Floats, horizon: int) -> float:
    variance = long_run_variance(series, horizon - 1)
    if variance <= 0:
        return 1.0
    return float(ndtr(-series.mean() / math.sqrt(variance / len(series))))
