"""Are the candles that an exchange gives over REST candles?"""

import math
from collections.abc import Sequence

from core.clock.resolutions import MINUTE
from core.clock.times import format_time
from feeds.check.report import Finding, judged

PROBE = "candles by REST"
SPAN = 60 * MINUTE  # what is asked for


def judge_candles(rows: Sequence[Sequence[float]], start: int) -> Finding:
    """Judge minute candles `[time_s, open, high, low, close, volume]` of an hour from `start`."""
    if not rows:
        said = "it answered, but has no candle of the last hour: the market is quiet, or one of "
        return judged(PROBE, [], [said + "the clocks is wrong"], "")
    failures = [
        f"the candle of {format_time(int(row[0]) * 1_000)} {fault}"
        for row in rows
        if (fault := _fault(row))
    ]
    openings = {row[0] for row in rows}
    if len(openings) < len(rows):
        failures.append(f"{len(rows) - len(openings)} openings came twice")
    missing = SPAN // MINUTE - len(openings)
    told = f"{missing} of the last {SPAN // MINUTE} minutes have no candle"
    fine = f"{len(rows)} candles since {format_time(start * 1_000)} came and could be read."
    return judged(PROBE, _shortened(failures), [told] if missing > 0 else [], fine)


def _fault(row: Sequence[float]) -> str | None:
    opening, opened, high, low, close, volume = row
    if not all(map(math.isfinite, row)):
        return "holds a value that is no number"
    if opening % MINUTE:
        return "does not open on a minute"
    if not low <= min(opened, close) <= max(opened, close) <= high:
        return "has an open or close outside its low and high"
    if low <= 0 or volume < 0:
        return "has a price not above zero or a volume below it"
    return None


def _shortened(failures: list[str]) -> list[str]:
    more = len(failures) - 3
    return [*failures[:3], f"and {more} more"] if more > 0 else failures
