"""Where nothing was quoted for up to three candles of an open market, flat ones stand."""

import numpy as np
import pytest

from core.series import CandleFlag
from storage.candles.candle_columns import Candles
from storage.terminals.quiet_candles import quiet_candles

STEP, HOUR, DAY = 300, 3_600, 86_400
START = 19_726 * DAY


def candles(openings: list[int]) -> Candles:
    rows = [[one, 1.0, 1.5, 0.5, 1.0 + n, 2.0] for n, one in enumerate(openings)]
    return Candles.from_rows(rows)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_up_to_three_in_a_row_are_flat_at_the_close_before(missing: int) -> None:
    held = candles([START, START + STEP, START + (2 + missing) * STEP])
    quiet = quiet_candles(held, STEP, "UTC")
    assert quiet.time.tolist() == [START + (2 + n) * STEP for n in range(missing)]
    for column in (quiet.open, quiet.high, quiet.low, quiet.close):
        assert set(column.tolist()) == {2.0}
    assert set(quiet.volume.tolist()) == {0.0}
    assert set(quiet.flags.tolist()) == {int(CandleFlag.QUIET)}


def test_four_in_a_row_are_a_gap() -> None:
    assert not len(quiet_candles(candles([START, START + 5 * STEP]), STEP, "UTC"))


def test_at_an_hour_at_which_the_market_pauses_every_day_nothing_is_added() -> None:
    openings = [START + n * HOUR for n in range(10 * 24) if n % 24 != 22]
    quiet = quiet_candles(candles(openings), HOUR, "UTC")
    assert not len(quiet)
    openings.remove(START + 5 * DAY + 3 * HOUR)
    quiet = quiet_candles(candles(openings), HOUR, "UTC")
    assert quiet.time.tolist() == [START + 5 * DAY + 3 * HOUR]


def test_of_two_days_alone_an_hour_may_be_a_pause() -> None:
    openings = [START + n * HOUR for n in range(30) if n != 22]
    assert not len(quiet_candles(candles(openings), HOUR, "UTC"))


def test_nothing_is_added_to_nothing() -> None:
    assert not len(quiet_candles(candles([START]), STEP, "UTC"))
    assert not len(quiet_candles(Candles.empty(), STEP, "UTC"))
    assert quiet_candles(Candles.empty(), STEP, "UTC").time.dtype == np.int64
