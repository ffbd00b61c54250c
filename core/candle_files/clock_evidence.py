"""What the times of a file tell about the clock they were written by."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from core.clock.clocks import NEW_YORK, Clock
from core.clock.times import format_time

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
# A weekly closure is a pause of this many seconds, and must be seen this often.
SHORTEST_CLOSURE, LONGEST_CLOSURE, WEEKS_NEEDED = 36 * HOUR, 80 * HOUR, 2
# Openings may lie this far from the hour that is expected.
TOLERANCE = 5_400
MOST = 0.8
_SUNDAY_17 = 3 * DAY + 17 * HOUR  # in weeks that begin on Thursday 00:00, as the epoch does
_HALF_PAST_NINE = 9 * HOUR + 1_800


def doubled_hours(walls: Sequence[float]) -> list[str]:
    """Return a warning where a whole hour stands twice, as when clocks go back."""
    twice = sorted(wall for wall, count in Counter(walls).items() if count == 2)
    step = _step(walls)
    if not twice or not step or step > HOUR:
        return []
    blocks = [[twice[0]]]
    for before, after in pairwise(twice):
        if after - before == step:
            blocks[-1].append(after)
        else:
            blocks.append([after])
    hours = [block[0] for block in blocks if len(block) * step == HOUR]
    if not hours:
        return []
    warning = (
        f"A whole hour appears twice, from {_shown(hours[0])} on: the times seem to be local, and "
        "the clock went back. Give their zone (zone=America/New_York, --zone); as UTC the later "
        "candles replace the earlier."
    )
    return [warning]


def not_utc(walls: Sequence[float]) -> list[str]:
    """Return a warning where the openings say that a file's times are not UTC."""
    openings = _openings_after(walls, SHORTEST_CLOSURE, LONGEST_CLOSURE)
    if len(openings) < WEEKS_NEEDED:
        return _stock_hours(walls)
    if not _runs_through_the_week(walls):
        return _stock_hours(walls)
    new_york = Clock(NEW_YORK)
    behind = [_week_start(wall) + _SUNDAY_17 for wall in openings]
    expected = [instant or 0 for instant in new_york.to_utc(behind)]
    if _share([abs(w - e) <= TOLERANCE for w, e in zip(openings, expected, strict=True)]) >= MOST:
        return []
    ahead, by_new_york = _commonest([w - b for w, b in zip(openings, behind, strict=True)])
    fixed, by_utc = _commonest([w - e for w, e in zip(openings, expected, strict=True)])
    sentence = (
        f"The week opens at {_shown(openings[-1])} in this file; markets open on Sunday 17:00 New "
        "York, so that its times are not UTC."
    )
    return [f"{sentence} {_advice(ahead, by_new_york, fixed, by_utc)}"]


def _advice(ahead: float, by_new_york: float, fixed: float, by_utc: float) -> str:
    if (
        by_new_york >= MOST
        and by_new_york >= by_utc
        and ahead % HOUR == 0
        and 0 <= ahead <= 12 * HOUR
    ):
        zone = f"NY+{int(ahead // HOUR)}" if ahead else NEW_YORK
        return f"Most likely they are zone={zone}."
    if by_utc >= MOST and fixed % HOUR == 0 and abs(fixed) <= 14 * HOUR:
        return f"Most likely they are zone=UTC{int(fixed // HOUR):+d}."
    return "Give their zone (zone=, --zone)."


def _stock_hours(walls: Sequence[float]) -> list[str]:
    """Warn of days that all begin at 09:30, which no market does in UTC."""
    days: dict[float, float] = {}
    for wall in walls:
        day = wall // DAY
        days[day] = min(days.get(day, wall), wall)
    firsts = [wall % DAY for wall in days.values()]
    if len(firsts) < WEEKS_NEEDED or _share([f == _HALF_PAST_NINE for f in firsts]) < MOST:
        return []
    warning = (
        "Every day begins at 09:30, as by the clock of New York's exchanges (13:30 or 14:30 UTC): "
        "the times seem to be local. Most likely they are zone=America/New_York."
    )
    return [warning]


def _openings_after(walls: Sequence[float], shortest: float, longest: float) -> list[float]:
    return [
        after
        for before, after in pairwise(sorted(set(walls)))
        if shortest <= after - before <= longest
    ]


def _runs_through_the_week(walls: Sequence[float]) -> bool:
    """Say whether between its weekly closures a market hardly ever pauses."""
    steps = [after - before for before, after in pairwise(sorted(set(walls)))]
    if not steps or _step(walls) >= DAY:
        return False
    long_pauses = sum(2 * HOUR < step < SHORTEST_CLOSURE for step in steps)
    closures = sum(step >= SHORTEST_CLOSURE for step in steps)
    return long_pauses <= closures


def _step(walls: Sequence[float]) -> float:
    steps = Counter(after - before for before, after in pairwise(sorted(set(walls))))
    return steps.most_common(1)[0][0] if steps else 0


def _week_start(wall: float) -> float:
    """Return the Thursday 00:00 before the weekend that an opening follows."""
    return (wall - HOUR * 12) // WEEK * WEEK


def _share(said: Sequence[bool]) -> float:
    return sum(said) / len(said)


def _commonest(values: Sequence[float]) -> tuple[float, float]:
    value, count = Counter(values).most_common(1)[0]
    return value, count / len(values)


def _shown(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%a} {format_time(round(wall * 1_000)).rstrip('Z')}"
