"""Entries are compared with random ones: of noise any place among them is as likely."""

import numpy as np
import pytest
from scipy.stats import kstest  # type: ignore[import-untyped]

from ml.record.random_entries import SlotCandles, compare, percentile
from ml.record.signal_columns import SignalColumns
from ml.scoring.signal_outcome import Bars

STEP, HORIZON = 900, 8


def walk(count: int, rng: np.random.Generator) -> Bars:
    """Return candles whose prices go nowhere in particular."""
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    wick = 1 + np.abs(rng.normal(0, 3e-4, (2, count)))
    high, low = np.maximum(opened, close) * wick[0], np.minimum(opened, close) / wick[1]
    return Bars(STEP * np.arange(count, dtype=np.int64), opened, high, low, close)


def entries(bars: Bars, places: np.ndarray, side: np.ndarray, costs: float = 1e-4) -> SignalColumns:
    """Return positions entered at the open of the candles at `places`, their outcome known."""
    price = bars.close[places - 1]
    first = bars.time[places]
    none = np.zeros(len(places))
    return SignalColumns(
        made_at=first * 1_000, first_opening=first, end=first + HORIZON * STEP, side=side,
        price=price, take_profit=price * (1 + 0.004 * side), stop_loss=price * (1 - 0.002 * side),
        fee=none + costs / 2, spread=none, earned=none, entered=none == 0,
        closed_at=np.full(len(places), -1),
    )  # fmt: skip


def slot(bars: Bars) -> SlotCandles:
    """Return a slot whose own candles are the finest that there are."""
    ends = int(bars.time[1]), int(bars.time[-1])
    return SlotCandles(bars, bars, STEP, STEP, HORIZON, *ends)


def place_among_random(seed: int, clustered: bool) -> float:
    """Return the percentile of entries on noise that were drawn without looking at it."""
    rng = np.random.default_rng(seed)
    bars = walk(2_000, rng)
    if clustered:
        # Eight in a row say the same, at twelve moments.
        starts = np.sort(rng.choice(np.arange(1, 1_960, 24), 12, replace=False))
        places = (starts[:, None] + np.arange(8)).ravel()
        side = np.repeat(rng.choice([-1, 1], 12), 8)
    else:
        places = np.sort(rng.choice(np.arange(1, 1_980), 30, replace=False))
        side = rng.choice([-1, 1], 30)
    compared = compare(entries(bars, places, side), slot(bars), seed)
    found = percentile([] if compared is None else [compared])
    assert found is not None
    return found


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("seeds", [24, pytest.param(200, marks=pytest.mark.slow)])
def test_on_noise_no_percentile_is_likelier_than_another(clustered: bool, seeds: int) -> None:
    found = [place_among_random(seed, clustered) for seed in range(seeds)]
    assert kstest(np.array(found) / 100, "uniform").pvalue > 0.01


def test_entries_before_rises_do_better_than_random_ones_and_after_them_worse() -> None:
    bars = walk(2_000, np.random.default_rng(1))
    ahead = bars.close[HORIZON:] / bars.close[:-HORIZON]
    order = np.argsort(ahead[:-10]) + 1
    for places, low, high in ((order[-40:], 99, 100), (order[:40], 0, 1)):
        made = entries(bars, np.sort(places), np.ones(40, np.int64))
        compared = compare(made, slot(bars))
        assert compared is not None
        assert low <= (percentile([compared]) or 0.0) <= high


def test_the_slots_of_a_record_are_compared_together() -> None:
    rng = np.random.default_rng(2)
    parts = []
    for seed in (0, 1):
        bars = walk(1_000, rng)
        places = np.sort(rng.choice(np.arange(1, 980), 20, replace=False))
        parts.append(compare(entries(bars, places, np.ones(20, np.int64)), slot(bars), seed))
    known = [part for part in parts if part is not None]
    sums = known[0].sets + known[1].sets
    done = known[0].done + known[1].done
    assert percentile(known) == pytest.approx(100 * (sums < done).mean(), abs=0.5)


def test_signals_of_every_candle_are_moved_in_parts() -> None:
    bars = walk(3_000, np.random.default_rng(4))
    made = entries(bars, np.arange(100, 2_900), np.ones(2_800, np.int64))
    compared = compare(made, slot(bars))
    assert compared is not None
    assert compared.sets.std() > 0


def test_few_positions_or_candles_that_are_not_held_compare_with_nothing() -> None:
    bars = walk(1_000, np.random.default_rng(3))
    nine = entries(bars, np.arange(10, 100, 10), np.ones(9, np.int64))
    assert compare(nine, slot(bars)) is None
    ten = entries(bars, np.arange(10, 110, 10), np.ones(10, np.int64))
    assert compare(ten, slot(bars)) is not None
    elsewhere = SlotCandles(walk(0, np.random.default_rng()), bars, STEP, STEP, HORIZON, 0, 10**6)
    assert compare(ten, elsewhere) is None
    assert percentile([]) is None
