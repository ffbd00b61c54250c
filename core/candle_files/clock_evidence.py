"""What is said of the clock that a source's times were written by."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from core.clock.clocks import Clock
from core.clock.recognise import Evidence, recognise_clock
from core.clock.times import format_time

HOUR = 3_600
_NAMED = 3  # clocks that a sentence names at most


def clock_warnings(walls: Sequence[float], zone: str) -> list[str]:
    """Return warnings of times (s of their clock, as if it were UTC) that contradict `zone`.

    Empty stands for UTC, by which they are taken where no zone is given.
    """
    evidence = recognise_clock(walls)
    if zone not in ("", "UTC"):
        return _other_clock(evidence, walls, zone)
    doubled = _doubled_hours(walls, evidence)
    return doubled or _not_utc(evidence)


def epoch_warnings(seconds: Sequence[float]) -> list[str]:
    """Return a warning where a market's openings say that epoch numbers were not counted in UTC."""
    evidence = recognise_clock(seconds)
    return _not_utc(evidence) if evidence.by != "changes" else []


def runs_by(walls: Sequence[float], zone: str) -> bool:
    """Say whether times show that they are those of a zone's clock, and not UTC."""
    clocks = recognise_clock(walls).clocks
    return zone in clocks and "UTC" not in clocks


def _doubled_hours(walls: Sequence[float], evidence: Evidence) -> list[str]:
    """Warn where a whole hour stands twice, as when clocks go back."""
    twice = sorted(wall for wall, count in Counter(walls).items() if count == 2)
    step = _step(walls) if twice else 0
    if not step or step > HOUR:
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
    likely = evidence.clocks and evidence.clocks[0] != "UTC"
    advice = _advice(evidence.clocks) if likely else "Give their zone (zone=, --zone)."
    warning = (
        f"A whole hour appears twice, from {_shown(hours[0])} on: the times seem to be local, and "
        f"the clock went back. {advice} As UTC the later candles replace the earlier."
    )
    return [warning]


def _not_utc(evidence: Evidence) -> list[str]:
    """Warn where the openings, or an hour left out, say that times are not UTC."""
    clocks = evidence.clocks
    if "UTC" in clocks or (not clocks and evidence.by == "changes"):
        return []
    if evidence.by == "changes":
        sentence = (
            f"An hour is missing just where clocks go forward ({clocks[0]}): the times seem to be "
            "local."
        )
    elif evidence.by == "day":
        sentence = (
            f"Every day begins at {_shown(evidence.opening)[-8:-3]}, as New York's exchanges do by "
            f"the clock of {clocks[0]} (13:30 or 14:30 UTC): the times seem to be local."
        )
    else:
        sentence = (
            f"The week opens at {_shown(evidence.opening)} in this file; markets open on Sunday "
            "17:00 New York, so that its times are not UTC."
        )
    return [f"{sentence} {_advice(clocks)}"]


def _other_clock(evidence: Evidence, walls: Sequence[float], zone: str) -> list[str]:
    clocks = evidence.clocks
    if not clocks or zone in clocks or evidence.by == "changes":
        return []
    # Two names of one clock say the same: Etc/GMT-2 and UTC+2, Europe/Helsinki and EET.
    probes = [min(walls), max(walls), evidence.opening]
    if any(Clock(one).to_utc(probes) == Clock(zone).to_utc(probes) for one in clocks):
        return []
    return [f"The market's openings do not fit zone={zone}. {_advice(clocks)}"]


def _advice(clocks: Sequence[str]) -> str:
    if not clocks:
        return "Give their zone (zone=, --zone)."
    others = ", or ".join(f"zone={clock}" for clock in clocks[1:_NAMED])
    return f"Most likely they are zone={clocks[0]}{f' (or {others})' if others else ''}."


def _step(walls: Sequence[float]) -> float:
    steps = Counter(after - before for before, after in pairwise(sorted(set(walls))))
    return steps.most_common(1)[0][0] if steps else 0


def _shown(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%a} {format_time(round(wall * 1_000)).rstrip('Z')}"
