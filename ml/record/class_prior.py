"""How sealed chances compare with the class prior, whatever the signals were."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ml.scoring import scores
from ml.scoring.scorecard import plain
from ml.scoring.uncertainty import skill_interval

# With fewer days nothing is said of how sure it is.
LEAST_DAYS = 10


class DayLosses(NamedTuple):
    """Brier scores over three classes, summed over the signals of a day (since 1970, UTC).

    `loss` is that of the sealed chances, `prior` that of the class prior beside them.
    """

    day: int
    loss: float
    prior: float


def joined(parts: Iterable[Sequence[DayLosses]]) -> list[DayLosses]:
    """Return the sums over several slots, by day."""
    sums: dict[int, tuple[float, float]] = {}
    for part in parts:
        for one in part:
            loss, prior = sums.get(one.day, (0.0, 0.0))
            sums[one.day] = loss + one.loss, prior + one.prior
    return [DayLosses(day, *sums[day]) for day in sorted(sums)]


def versus_prior(told: Sequence[DayLosses], days_ahead: int) -> dict[str, float | None]:
    """Return the share of the prior's score that was saved, with its interval of 95%.

    `days_ahead` is over how many days an outcome reaches: days so near share part of it.
    """
    loss = np.array([one.loss for one in told])
    prior = np.array([one.prior for one in told])
    if not prior.sum():
        return {}
    low = high = math.nan
    if len(told) >= LEAST_DAYS:
        low, high = skill_interval(loss, prior, days_ahead)
    return {
        "versus_prior": plain(scores.skill(loss, prior)),
        "versus_prior_low": plain(low),
        "versus_prior_high": plain(high),
    }
