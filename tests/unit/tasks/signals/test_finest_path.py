"""A position goes by the finest candles that are held of its time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.clock.grids import Grid
from ml.scoring.signal_outcome import Bars
from tasks.signals.finest_path import finest_path

HOUR, FIVE = 3_600, 300
START = 1_767_603_600  # a Monday, 9:00
OPENINGS = START + HOUR * np.arange(3)
LATER = START + 30 * HOUR


def bars(times: np.ndarray, price: float = 1.0) -> Bars:
    """Return flat candles of a price."""
    column = np.full(len(times), price)
    return Bars(times.astype(np.int64), column, column, column, column)


def fine(*missing: int) -> list[tuple[int, Bars]]:
    """Return candles of five minutes of the three hours, all but those of some numbers."""
    times = START + FIVE * np.setdiff1d(np.arange(36), missing)
    return [(FIVE, bars(times, 2.0))]


OWN = bars(OPENINGS, 1.0)


def test_without_finer_candles_the_path_is_that_of_the_own_ones() -> None:
    found = finest_path(OPENINGS, OWN, HOUR, [], START * 1_000 + 2_000, LATER)
    assert found.openings is OPENINGS
    assert (found.bars, found.step) == (OWN, HOUR)


@pytest.mark.parametrize(
    ("late_ms", "first"),
    [(0, 0), (1, 1), (2_000, 1), (300_000, 1), (300_001, 2), (3_599_999, 12), (3_600_001, 13)],
)
def test_a_position_is_entered_at_the_first_finer_open_after_the_signal_was_made(
    late_ms: int, first: int
) -> None:
    found = finest_path(OPENINGS, OWN, HOUR, fine(), START * 1_000 + late_ms, LATER)
    assert found.openings.tolist() == [START + FIVE * n for n in range(first, 36)]
    assert found.bars.time.tolist() == found.openings.tolist()
    assert not found.coarse


def test_an_own_candle_stands_where_a_finer_one_is_missing_for_good() -> None:
    found = finest_path(OPENINGS, OWN, HOUR, fine(14), START * 1_000, LATER)
    expected = [*range(12), 12, *range(24, 36)]
    assert found.openings.tolist() == [START + FIVE * n for n in expected]
    assert found.coarse == {START + HOUR}
    assert found.bars.close.tolist() == [2.0] * 12 + [1.0] + [2.0] * 12


def test_a_finer_candle_that_may_still_come_is_waited_for() -> None:
    late = tuple(range(30, 36))
    soon = finest_path(OPENINGS, OWN, HOUR, fine(*late), START * 1_000, int(OPENINGS[2]) + HOUR + 9)
    assert (len(soon.openings), len(soon.bars.time)) == (36, 30)
    over = finest_path(OPENINGS, OWN, HOUR, fine(*late), START * 1_000, LATER)
    assert over.coarse == {int(OPENINGS[2])}


def test_the_finest_that_has_the_entry_is_taken() -> None:
    minutes = bars(START + 60 * np.arange(1, 180), 3.0)
    both = [(60, minutes), *fine()]
    assert finest_path(OPENINGS, OWN, HOUR, both, START * 1_000 + 1, LATER).step == 60
    assert finest_path(OPENINGS, OWN, HOUR, both, START * 1_000, LATER).step == FIVE
    assert finest_path(OPENINGS, OWN, HOUR, fine(0), START * 1_000, LATER).step == HOUR


def test_a_shorter_day_overlaps_nothing() -> None:
    day = np.array([START, START + 23 * HOUR, START + 47 * HOUR])
    held = [(FIVE, bars(START + FIVE * np.arange(71 * 12)))]
    found = finest_path(day, bars(day), 24 * HOUR, held, START * 1_000, LATER + 72 * HOUR)
    assert len(found.openings) == len(set(found.openings.tolist())) == 71 * 12


@pytest.mark.parametrize(("change", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_whose_clock_changes_is_as_long_in_fine_candles(change: str, hours: int) -> None:
    day = datetime.fromisoformat(f"{change}T17:00").replace(tzinfo=ZoneInfo("America/New_York"))
    openings = np.array([int((day + timedelta(days=n)).timestamp()) for n in (-1, 0)])
    held = bars(np.arange(openings[0], openings[1] + 30 * HOUR, FIVE))
    grid = Grid(17 * HOUR, "America/New_York")
    made, now = int(openings[0]) * 1_000, int(openings[1]) + 72 * HOUR

    found = finest_path(openings, bars(openings), 24 * HOUR, [(FIVE, held)], made, now, grid)

    assert int(openings[1] - openings[0]) == hours * HOUR
    assert np.array_equal(found.openings, np.arange(openings[0], openings[1] + 24 * HOUR, FIVE))
