"""Longer candles hold what their shorter ones do, by a plain loop as oracle."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.clock.grids import PLAIN, Grid
from core.series import CandleFlag
from storage.candles.candle_columns import Candles
from storage.candles.folding.longer_candles import longer_candles

NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = 3_600, 86_400
# A Friday before New York's clocks go forward.
START = int(datetime(2024, 3, 8, tzinfo=UTC).timestamp())


def candles(openings: list[int]) -> Candles:
    rows = [[t, 10 + n, 12 + n % 7, 8 - n % 5, 9 + n % 3, 1.0 + n] for n, t in enumerate(openings)]
    return Candles.from_rows([[float(one) for one in row] for row in rows])


def broker_day(second: int) -> datetime:
    local = datetime.fromtimestamp(second, NEW_YORK).replace(tzinfo=None)
    return (local + timedelta(hours=7)).replace(hour=0, minute=0)


@given(st.sets(st.integers(0, 200), min_size=1))
def test_days_hold_the_hours_of_the_brokers_day(places: set[int]) -> None:
    openings = [START + n * HOUR for n in sorted(places)]
    held = candles(openings)
    built = longer_candles(
        held, HOUR, DAY, Grid(17 * HOUR, "America/New_York"), START + 400 * HOUR, more=True
    )
    days: dict[datetime, list[int]] = {}
    for n, one in enumerate(openings):
        days.setdefault(broker_day(one), []).append(n)
    assert [broker_day(int(one)) for one in built.time] == list(days)
    for n, inside in enumerate(days.values()):
        assert built.open[n] == held.open[inside[0]]
        assert built.close[n] == held.close[inside[-1]]
        assert built.high[n] == max(held.high[one] for one in inside)
        assert built.low[n] == min(held.low[one] for one in inside)
        assert built.volume[n] == sum(held.volume[one] for one in inside)
        whole = openings[inside[-1]] - openings[inside[0]] == (len(inside) - 1) * HOUR
        assert bool(built.flags[n] & CandleFlag.GAP) == (not whole)
        assert not built.flags[n] & CandleFlag.PARTIAL


def test_the_newest_is_partial_until_its_last_part_or_a_later_candle_came() -> None:
    quarter = candles([START, START + 300])
    for count, more, until, partial in [
        (2, False, START + 900, True),
        (2, True, START + 900, False),
        (3, False, START + 900, False),
        (3, False, START + 899, True),
    ]:
        held = candles([START + n * 300 for n in range(count)]) if count == 3 else quarter
        built = longer_candles(held, 300, 900, PLAIN, until, more=more)
        assert built.time.tolist() == [START]
        assert bool(built.flags[0] & CandleFlag.PARTIAL) == partial


def test_of_quiet_candles_alone_a_longer_one_is_quiet() -> None:
    held = candles([START, START + 300, START + 600, START + 900])
    quiet = held.replace(flags=np.array([0, 0, 0, int(CandleFlag.QUIET)]))
    built = longer_candles(quiet, 300, 900, PLAIN, START + 1_800, more=True)
    assert [bool(one & CandleFlag.QUIET) for one in built.flags.tolist()] == [False, True]
    assert not len(longer_candles(Candles.empty(), 300, 900, PLAIN, START, more=False))
