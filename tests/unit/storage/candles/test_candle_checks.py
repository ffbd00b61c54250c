"""Candles from outside are stored whole or refused with a reason, never bent."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.series import CandleFlag
from storage.candles.candle_checks import CheckedCandles, check_candles

HOUR = 3_600
NOON = 1_700_000_000 // HOUR * HOUR
NOW_MS = (NOON + 1_000 * HOUR) * 1_000
GOOD = [NOON, 10.0, 12.0, 9.0, 11.0, 5.0]


def check(*rows: Any, now_ms: int = NOW_MS) -> CheckedCandles:
    return check_candles(rows, HOUR, now_ms)


def changed(**values: Any) -> list[Any]:
    names = ("time", "open", "high", "low", "close", "volume")
    return [values.get(name, value) for name, value in zip(names, GOOD, strict=True)]


def test_a_good_row_is_kept_as_it_is() -> None:
    candles, rejected, duplicates = check(GOOD)
    assert candles.to_frame().to_numpy().tolist() == [[*GOOD, -1, 0]]
    assert (rejected, duplicates) == ([], 0)


def test_no_rows_are_no_candles() -> None:
    assert [len(part) for part in check()[:2]] == [0, 0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (changed(time=NOON + 1), "multiple of 3600"),
        (changed(time=NOON + 0.5), "multiple of 3600"),
        (changed(time=-HOUR), "before 1970"),
        (changed(time=NOW_MS / 1_000 + HOUR), "future"),
        (changed(time=math.nan), "finite"),
        (changed(open=math.nan), "finite"),
        (changed(high=math.inf), "finite"),
        (changed(volume=-math.inf), "finite"),
        (changed(close=None), "finite"),
        (changed(open=0), "greater than 0"),
        (changed(low=-1), "greater than 0"),
        (changed(high=1e308, close=1e308), "exceeds"),
        (changed(volume=1e300), "exceeds"),
        (changed(volume=-0.1), "negative"),
        (changed(high=8), "high is below low"),
        (changed(close=12.5), "close lies outside"),
        (changed(close=8.5), "close lies outside"),
        ([*GOOD, -2], "trades"),
        ([*GOOD, 1.5], "trades"),
        ([*GOOD, math.inf], "trades"),
        (GOOD[:5], "6 numbers"),
        ([*GOOD, 1, 0], "6 numbers"),
        (changed(open="many"), "6 numbers"),
        (changed(open=[1, 2]), "6 numbers"),
        (changed(volume=10**400), "6 numbers"),
        (7, "6 numbers"),
    ],
)
def test_a_bad_row_is_refused_by_its_index_and_reason(row: Any, reason: str) -> None:
    later = changed(time=NOON + HOUR)
    candles, rejected, _ = check(GOOD, row, later)
    assert [r.index for r in rejected] == [1]
    assert reason in rejected[0].reason
    assert candles.time.tolist() == [NOON, NOON + HOUR]


def test_an_open_outside_low_to_high_is_kept_and_marked() -> None:
    candles, rejected, _ = check(changed(open=20.0))
    assert (rejected, candles.flags.tolist()) == ([], [CandleFlag.OPEN_OUTSIDE])


def test_times_may_be_milliseconds() -> None:
    assert check(changed(time=NOON * 1_000)).candles.time.tolist() == [NOON]
    assert check(changed(time=NOON * 1_000 + 1)).rejected[0].index == 0


def test_seconds_before_2009_are_candles_too() -> None:
    assert check(changed(time=0)).candles.time.tolist() == [0]


def test_a_trade_count_may_be_known_for_some_rows_only() -> None:
    rows = [[*GOOD, 7], changed(time=NOON + HOUR), [*changed(time=NOON + 2 * HOUR), None]]
    assert check(*rows).candles.trades.tolist() == [7, -1, -1]


def test_a_candle_that_has_not_ended_is_partial() -> None:
    def flags(now_s: float) -> int:
        return int(check(GOOD, now_ms=int(now_s * 1_000)).candles.flags[0])

    assert flags(NOON + HOUR - 0.001) == CandleFlag.PARTIAL
    assert flags(NOON + HOUR) == 0
    # Another clock may be a little ahead of ours.
    assert flags(NOON - 60) == CandleFlag.PARTIAL
    assert check(GOOD, now_ms=(NOON - 61) * 1_000).rejected[0].reason == "time lies in the future"


def test_of_a_time_given_twice_the_last_good_row_wins() -> None:
    rows = [changed(close=10.0), changed(close=11.5), changed(close=99.0)]
    candles, rejected, duplicates = check(*rows)
    assert candles.close.tolist() == [11.5]
    assert ([r.index for r in rejected], duplicates) == ([2], 1)


@given(st.lists(st.integers(0, 40), max_size=60))
def test_any_order_of_rows_gives_ascending_unique_times(steps: list[int]) -> None:
    rows = [changed(time=NOON + step * HOUR, volume=float(n)) for n, step in enumerate(steps)]
    candles, rejected, duplicates = check(*rows)
    last = {NOON + step * HOUR: float(n) for n, step in enumerate(steps)}
    assert candles.time.tolist() == sorted(last)
    assert candles.volume.tolist() == [last[time] for time in sorted(last)]
    assert (len(rejected), duplicates) == (0, len(steps) - len(last))


@given(st.lists(st.lists(st.floats() | st.integers(), min_size=6, max_size=7), max_size=20))
def test_whatever_passes_keeps_the_rules(rows: list[list[float]]) -> None:
    candles, rejected, duplicates = check(*rows)
    assert len(candles) + len(rejected) + duplicates == len(rows)
    assert (candles.low > 0).all()
    assert ((candles.low <= candles.close) & (candles.close <= candles.high)).all()
    assert (candles.time % HOUR == 0).all()
    assert np.isfinite(candles.volume).all()
