"""Planted bad trades are found, ordinary ones are left alone, batches do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.features.anomaly import (
    WINDOW,
    Anomaly,
    AnomalyLimits,
    DetectorState,
    TradeColumns,
    detect,
)


def market(count: int = 3_000, seed: int = 0) -> TradeColumns:
    """Return a random walk of prices with heavy-tailed sizes."""
    random = np.random.default_rng(seed)
    price = 60_000 * np.exp(np.cumsum(random.standard_t(4, count) * 2e-5))
    size = np.exp(random.normal(-4, 2, count))
    time = 1_700_000_000_000_000 + np.cumsum(random.integers(0, 200_000, count))
    return TradeColumns(np.arange(count), time, np.round(price, 2), np.round(size, 8))


def find(trades: TradeColumns, batch: int) -> list[Anomaly]:
    state, found = DetectorState(), []
    for at in range(0, len(trades.price), batch):
        part = TradeColumns(*(column[at : at + batch] for column in trades))
        new, state = detect(part, state, AnomalyLimits())
        found += new
    return found


@pytest.mark.parametrize("factor", [0.99, 1.01, 10.0, 166.0])
def test_every_planted_bad_print_is_found_and_hardly_anything_else(factor: float) -> None:
    trades = market()
    planted = np.arange(200, 3_000, 97)
    trades.price[planted] *= factor

    found = [a.trade_id for a in find(trades, 500) if a.reason == "price_jump"]

    assert set(found) == set(planted.tolist())


def test_planted_huge_sizes_are_found() -> None:
    trades = market(seed=3)
    planted = np.arange(200, 3_000, 97)
    trades.size[planted] = np.quantile(trades.size, 0.99) * 1_000

    found = {a.trade_id for a in find(trades, 500) if a.reason == "size_outlier"}

    assert set(planted.tolist()) <= found
    assert len(found) <= len(planted) + 3


def test_a_time_behind_the_latest_is_disorder_but_old_history_is_not() -> None:
    trades = market(300)
    trades.time[100] -= 5_000_000
    trades.time[200] -= 86_400_000_000

    found = [(a.trade_id, a.reason) for a in find(trades, 50)]

    assert found == [(100, "time_disorder")]


@settings(deadline=None)
@given(st.integers(1, 400))
def test_the_way_trades_are_cut_into_batches_changes_nothing(batch: int) -> None:
    trades = market(1_000, seed=1)
    trades.price[[100, 500, 501, 502]] *= 1.02
    trades.price[600:640] *= 3
    trades.price[800:900] *= 1.5
    trades.size[[300, 700]] = 1e6

    assert sorted(find(trades, batch), key=repr) == sorted(find(trades, 1_000), key=repr)


@pytest.mark.parametrize("together", [1, 37])
def test_a_burst_of_bad_prints_is_found_to_its_last_and_does_not_hide_what_follows(
    together: int,
) -> None:
    trades = market(2_000, seed=5)
    planted = np.concatenate([np.arange(at, at + together) for at in range(300, 1_900, 100)])
    trades.price[planted] = 10_000_000

    found = [a.trade_id for a in find(trades, 500) if a.reason == "price_jump"]

    assert found == planted.tolist()


def test_a_price_that_stays_is_the_new_one() -> None:
    trades = market(1_000, seed=6)
    trades.price[500:] *= 1.5

    found = [a.trade_id for a in find(trades, 100) if a.reason == "price_jump"]

    assert found == list(range(500, 500 + WINDOW))
