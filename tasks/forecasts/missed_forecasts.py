"""Forecasts that were due and were not made: found by what the ledger lacks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.forecast_target import ForecastTarget, grace_ms
from storage.ledger.ledger_rows import Missed

NOT_MADE = "no forecast was made in time"
_WEEK, _QUARTER = 604_800, 900


def period(now: int, resolution: int) -> int:
    """Return a number that changes when a deadline may have passed: with every candle.

    Long candles may open at any hour of their series' grid: theirs changes every quarter.
    """
    return (now - grace_ms(resolution)) // (min(resolution, _QUARTER) * 1_000)


def missed_since(
    target: ForecastTarget,
    sessions: Mapping[str, Any],
    since_ms: int,
    accounted: int | None,
    now: int,
) -> Missed | None:
    """Return the forecasts of a target whose deadline has passed without one.

    Counted are those whose first target opened after `since_ms` (when the target
    began to be watched and to have a champion, epoch ms) and whose target comes
    after `accounted` (opening, s), the last that is known of. `sessions` are
    the market's, as the champion learnt them.
    """
    # NumPy only, but not needed before the first champion.
    from core.clock.sessions import Sessions

    hours, step = Sessions.from_dict(sessions), target.resolution
    start = since_ms // 1_000
    if accounted is not None:
        # Closures may lie between a forecast's first target and its own.
        closures = _WEEK if hours.closed.any() else 0
        start = max(start, accounted - target.horizon * step - closures)
    passed = (now - grace_ms(step) - 1) // 1_000
    if passed <= start:
        return None
    # One more: in a span with a day of 23 hours lie more openings than whole lengths.
    openings = hours.next_openings(start, (passed - start) // step + 1 + target.horizon)
    targets = openings[target.horizon - 1 :]
    firsts = openings[: len(targets)]
    due = (firsts <= passed) & (firsts * 1_000 > since_ms)
    due &= targets > (accounted if accounted is not None else -1)
    if not due.any():
        return None
    lacking = targets[np.flatnonzero(due)]
    return Missed(target, int(lacking[0]), int(lacking[-1]), len(lacking), NOT_MADE)
