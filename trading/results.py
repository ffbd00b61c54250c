"""What ended trades came to: rates, sums and their errors."""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.multiple_testing import ERRORS_OF_95
from core.trading.decisions import Decision
from core.trading.orders import TradeBody

# From so many days on a ratio of returns says anything, from so many trades on an interval.
LEAST_DAYS = LEAST_TRADES = 30
_YEAR = 365


class Results(NamedTuple):
    """Figures of ended trades; None where there are too few.

    `interval` is that of 95% of `expectancy_r`, of trades that do not depend on each other.
    """

    n: int
    win_rate: float | None
    profit_factor: float | None
    expectancy_r: float | None
    net: float
    interval: list[float] | None = None


def results(nets: Sequence[float], rs: Sequence[float | None]) -> Results:
    """Return the figures of trades by their net results in money and in units of risk."""
    if not nets:
        return Results(0, None, None, None, 0.0)
    won, lost = sum(n for n in nets if n > 0), -sum(n for n in nets if n < 0)
    known = [r for r in rs if r is not None]
    return Results(
        n=len(nets),
        win_rate=sum(n > 0 for n in nets) / len(nets),
        profit_factor=won / lost if lost > 0 else None,
        expectancy_r=statistics.fmean(known) if known else None,
        net=math.fsum(nets),
        interval=mean_interval(known),
    )


def mean_interval(rs: Sequence[float]) -> list[float] | None:
    """Return the interval of 95% of a mean; None of fewer than 30."""
    if len(rs) < LEAST_TRADES:
        return None
    middle = statistics.fmean(rs)
    half = ERRORS_OF_95 * statistics.stdev(rs) / math.sqrt(len(rs))
    return [middle - half, middle + half]


class Judged(NamedTuple):
    """What was said of a trade that met an exit, and whether its profit came first."""

    said: float
    baseline: float
    came: bool


def judged(trades: Sequence[TradeBody], decisions: Mapping[str, Decision]) -> list[Judged]:
    """Return what was said of each decision whose trade met an exit, once, in their order."""
    met = {
        body.decision_id: body.exit == "take_profit"
        for body in trades
        if body.exit in ("take_profit", "stop_loss") and body.decision_id is not None
    }
    return [
        Judged(made.prob_tp_first, made.baseline, came)
        for name, came in met.items()
        if (made := decisions.get(name)) is not None
        and made.prob_tp_first is not None
        and made.baseline is not None
    ]


def brier(told: Sequence[tuple[float, bool]]) -> float | None:
    """Return the mean squared error of chances against what came; None without any.

    Brier, G. W. (1950), Monthly Weather Review 78(1).
    """
    if not told:
        return None
    return statistics.fmean((chance - came) ** 2 for chance, came in told)


def drawdowns(equity: Sequence[float]) -> list[float]:
    """Return of each point how far it lies below the highest before it, a share of that."""
    peak, found = -math.inf, []
    for value in equity:
        peak = max(peak, value)
        found.append((peak - value) / peak if peak > 0 else 0.0)
    return found


def sharpe(daily: Sequence[float]) -> float | None:
    """Return the yearly ratio of mean to spread of daily returns; None of less than 30 days."""
    if len(daily) <= LEAST_DAYS:
        return None
    returns = [after / before - 1 for before, after in itertools.pairwise(daily)]
    spread = statistics.stdev(returns)
    return statistics.fmean(returns) / spread * math.sqrt(_YEAR) if spread > 0 else None
