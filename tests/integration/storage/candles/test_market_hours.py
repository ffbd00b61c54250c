"""When a market is open is learnt from its own candles, and remembered for an hour."""

import numpy as np
import pytest

from core.series import Series
from storage.candles.candle_columns import Candles
from storage.candles.market_hours import MarketHours
from storage.stores import Stores

HOUR, WEEK = 3_600, 604_800
SERIES = Series("file", "EURUSD", HOUR)
NEWEST = 20_000 * 86_400


def _write(stores: Stores, series: Series, openings: np.ndarray) -> None:  # type: ignore[type-arg]
    price, plain = np.ones(len(openings)), np.zeros(len(openings), np.int64)
    unknown = np.full(len(openings), -1)
    stores.candles.write(
        series, Candles(openings, price, price, price, price, price, unknown, plain)
    )


@pytest.fixture
def closing(stores: Stores) -> Stores:
    """Ten weeks of a market that is closed for the last two days of each."""
    openings = np.arange(NEWEST - 10 * WEEK, NEWEST + HOUR, HOUR, dtype=np.int64)
    _write(stores, SERIES, openings[(NEWEST - openings) % WEEK < 5 * 86_400])
    return stores


def test_a_closure_lies_between_the_newest_candle_and_the_next(closing: Stores) -> None:
    hours = MarketHours(closing.candles, closing.facts)
    ahead = hours.sessions(SERIES).next_openings(NEWEST, 2).tolist()
    assert ahead == [NEWEST + 2 * 86_400 + HOUR, NEWEST + 2 * 86_400 + 2 * HOUR]


@pytest.mark.parametrize("weeks", [1, 10])
def test_a_market_without_closures_or_without_history_never_closes(
    stores: Stores, weeks: int
) -> None:
    openings = np.arange(NEWEST - weeks * WEEK, NEWEST + HOUR, HOUR, dtype=np.int64)
    _write(stores, SERIES, np.delete(openings, len(openings) // 2))
    hours = MarketHours(stores.candles, stores.facts)
    assert hours.sessions(SERIES).next_openings(NEWEST, 1).tolist() == [NEWEST + HOUR]
    unknown = Series("file", "NONE", HOUR)
    assert hours.sessions(unknown).next_openings(NEWEST, 1).tolist() == [NEWEST + HOUR]


def test_what_was_learnt_is_looked_up_again_after_an_hour(closing: Stores) -> None:
    now = 0.0
    hours = MarketHours(closing.candles, closing.facts, clock=lambda: now)
    first = hours.sessions(SERIES)
    now = HOUR - 1
    assert hours.sessions(SERIES) is first
    now = HOUR
    assert hours.sessions(SERIES) is not first
