"""The figures of a record: what sealed signals earned, how sure that is, and against what."""

import math
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.answers.record import SignalFigures
from core.multiple_testing import ERRORS_OF_95
from ml.record.equity import Equity
from ml.record.signal_columns import SignalColumns
from ml.scoring.calibration import wilson_interval
from ml.scoring.confidence import mean_sequence, p_values_of_gain
from ml.scoring.uncertainty import Verdict, mean_interval, ratio_interval, verdict

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# With fewer losses a profit factor says nothing, with fewer days a Sharpe ratio.
LEAST_LOSSES, LEAST_DAYS = 10, 60
# Resampled sets behind the interval of a profit factor.
DRAWS = 2_000
# A finding counts if the chance of it by luck, over all that was looked at, is at most this.
ALPHA = 0.05


class Figures(NamedTuple):
    """What positions came to, and the bounds of the mean R by a confidence sequence."""

    shown: SignalFigures
    low: float = math.nan
    high: float = math.nan


def figures(
    shown: SignalFigures, signals: SignalColumns, equity: Equity, days: Integers
) -> Figures:
    """Return what signals by `made_at` came to; `days` (since 1970) are those with a market.

    Intervals have 95%: Wilson's, a block bootstrap, a long-run variance, Lo's error (The
    Statistics of Sharpe Ratios, 2002). `p_value` (of no gain) and the bounds of the mean hold
    however often somebody looks, as in `ml.scoring.confidence`. What they say of counts,
    random entries and other slots is `shown` already.
    """
    standing = (signals.entered & ~np.isfinite(signals.earned)).any()
    shown = msgspec.structs.replace(
        shown,
        n_resolved=int(signals.known.sum()),
        n_not_entered=int((~signals.entered).sum()),
        n_open=int((~np.isfinite(signals.earned)).sum()),
        max_drawdown_r=equity.max_drawdown,
        open_r=float(equity.open[-1]) if standing and len(equity.open) else 0.0,
        worst_open_r=equity.worst_open,
        **_sharpe(equity, days),
    )
    done = signals.take(signals.known)
    if not len(done.r):
        return Figures(shown)
    ahead = most_at_once(done)
    low, high = (float(bound[-1]) for bound in mean_sequence(done.r, ahead))
    return Figures(msgspec.structs.replace(shown, **_earned(done, ahead)), low, high)


def _earned(done: SignalColumns, ahead: int) -> dict[str, float | None]:
    """Return what positions that have ended earned."""
    r = done.r
    wins = int((r > 0).sum())
    low, high = mean_interval(r, ahead)
    win_low, win_high = wilson_interval(wins / len(r), len(r))
    return {
        "win_rate": wins / len(r),
        "win_rate_low": win_low,
        "win_rate_high": win_high,
        **_profit_factor(r, ahead),
        "expectancy_r": float(r.mean()),
        "expectancy_r_low": _number(low),
        "expectancy_r_high": _number(high),
        "expectancy_bps": float(1e4 * done.earned.mean()),
        "versus_hold_bps": float(1e4 * (done.earned - done.held).mean()),
        "p_value": chance_of_no_gain(done),
    }


def chance_of_no_gain(signals: SignalColumns) -> float:
    """Return the p-value of a mean R above 0, which holds however often somebody looks."""
    done = signals.take(signals.known)
    if not len(done.r):
        return 1.0
    return float(p_values_of_gain(done.r, most_at_once(done))[1][-1])


def judge(found: Figures, p_value: float) -> str:
    """Return the verdict by the confidence sequence of the mean R, and a p-value for all slots."""
    by_interval = verdict(found.low, found.high, least=0.0)
    if by_interval is Verdict.SKILLED and p_value > ALPHA:
        return Verdict.UNPROVEN.value
    return by_interval.value


def most_at_once(signals: SignalColumns) -> int:
    """Return how many signals in a row may have lived at once: those of one horizon at most."""
    began = np.sort(signals.first_opening)
    end = signals.end[np.argsort(signals.first_opening, kind="stable")]
    return max(1, int((np.searchsorted(began, end) - np.arange(len(began))).max(initial=1)))


def _profit_factor(r: Floats, ahead: int) -> dict[str, float | None]:
    won, lost = np.maximum(r, 0.0), np.maximum(-r, 0.0)
    if (lost > 0).sum() < LEAST_LOSSES:
        return {}
    low, high = ratio_interval(won, lost, ahead, draws=DRAWS)
    return {
        "profit_factor": float(won.sum() / lost.sum()),
        "profit_factor_low": _number(low),
        "profit_factor_high": _number(high),
    }


def _sharpe(equity: Equity, days: Integers) -> dict[str, Any]:
    if len(days) < LEAST_DAYS:
        return {}
    earned = equity.by_day(days)
    spread = float(earned.std(ddof=1))
    if not spread:
        return {}
    value = float(earned.mean()) / spread
    error = math.sqrt((1 + value * value / 2) / len(days))
    return {
        "sharpe_daily": value,
        "sharpe_low": value - ERRORS_OF_95 * error,
        "sharpe_high": value + ERRORS_OF_95 * error,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
