"""What an answer says of its candles holds on days of 23 and 25 hours as well."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from core.clock.grids import parse_grid
from core.clock.resolutions import DAY
from core.clock.sessions import Sessions
from core.clock.times import parse_time
from core.signals import GRACE_MS
from ml.models.forecast_origin import Origin
from tasks.signals.predict_range import read_input

NEW_YORK = ZoneInfo("America/New_York")
LAST = {
    "23 hours": datetime(2026, 3, 7, 17, tzinfo=NEW_YORK),
    "25 hours": datetime(2026, 10, 31, 17, tzinfo=NEW_YORK),
}
SESSIONS = Sessions.around_the_clock(DAY, parse_grid("17:00@America/New_York")).to_dict()


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _origin(last: datetime) -> Origin:
    """Return days of a market that never closes, two of them missing, up to one."""
    days = [last - timedelta(days=n) for n in range(400, -1, -1) if n not in (3, 4)]
    close = 100 + np.cumsum(np.random.default_rng(1).normal(0, 1, len(days)))
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    rows = {"time": [_second(day) for day in days], **prices, "volume": 1.0, "trades": 1}
    return Origin.of(pd.DataFrame(rows).assign(flags=0), DAY, SESSIONS)


@pytest.mark.parametrize("length", LAST)
def test_a_candle_is_the_newest_until_the_next_one_closes_by_the_clock(length: str) -> None:
    last = LAST[length]
    before = _origin(last - timedelta(days=1))
    end = _second(last + timedelta(days=1)) * 1_000

    assert end - before.input_end * 1_000 == int(length.split()[0]) * 3_600_000
    assert (read_input(before, end - 1).newest, read_input(before, end).newest) == (True, False)
    late = end + GRACE_MS
    assert (read_input(before, late - 1).stale, read_input(before, late).stale) == (False, True)


@pytest.mark.parametrize("length", LAST)
def test_input_and_holes_end_when_the_clock_says(length: str) -> None:
    origin = _origin(LAST[length] + timedelta(days=2))
    assert origin.input_end == _second(LAST[length] + timedelta(days=3))

    ((start, end),) = read_input(origin, 0).gaps
    hole = [_second(LAST[length] + timedelta(days=n)) for n in (-2, 0)]
    assert [parse_time(start, "gap") // 1_000, parse_time(end, "gap") // 1_000] == hole
