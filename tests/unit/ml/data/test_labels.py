"""Labels against brute force, and when each of them is known."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data import labels
from ml.data.labels import Path
from tests.unit.ml.models.boosting.made_candles import make_candles, noise

HORIZONS = st.integers(1, 12)


def _path(seed: int, count: int = 60) -> Path:
    frame = make_candles(noise(count, seed, 0.01), seed)
    return Path(*(frame[name].to_numpy() for name in ("high", "low", "close")))


def _first_touch(path: Path, row: int, upper: float, lower: float, horizon: int):
    ceiling, floor = path.close[row] * np.exp(upper), path.close[row] * np.exp(-lower)
    for later in range(row + 1, row + horizon + 1):
        above, below = path.high[later] >= ceiling, path.low[later] <= floor
        if above or below:
            return int(above) - int(below), bool(above and below), later
    return 0, False, row + horizon


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), HORIZONS, st.floats(0.001, 0.05), st.floats(0.001, 0.05))
def test_the_first_barrier_touched_names_the_label(seed, horizon, upper, lower):
    path = _path(seed)
    rows = np.arange(len(path.close) - horizon)
    widths = np.full(len(rows), upper), np.full(len(rows), lower)
    found = labels.triple_barrier(path, rows, *widths, horizon)
    expected = [_first_touch(path, row, upper, lower, horizon) for row in rows]
    assert list(zip(found.outcome, found.tie, found.end, strict=True)) == expected


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), HORIZONS)
def test_extremes_are_the_highest_high_and_lowest_low_ahead(seed, horizon):
    path = _path(seed)
    rows = np.arange(len(path.close) - horizon)
    up, down = labels.extremes(path, rows, horizon)
    for row in rows:
        ahead = slice(row + 1, row + horizon + 1)
        assert up[row] == np.log(path.high[ahead].max() / path.close[row])
        assert down[row] == np.log(path.low[ahead].min() / path.close[row])


def test_a_candle_that_touches_both_barriers_is_a_tie_and_no_profit():
    path = Path(np.array([1.0, 2.0]), np.array([1.0, 0.5]), np.array([1.0, 1.0]))
    found = labels.triple_barrier(path, np.array([0]), np.array([0.1]), np.array([0.1]), 1)
    assert (found.outcome[0], found.tie[0]) == (0, True)
    assert found.outcome[0] == 0


def test_labels_read_no_candle_after_their_end():
    path = _path(1)
    rows = np.arange(40)
    width = np.full(40, 0.015)
    found = labels.triple_barrier(path, rows, width, width, 10)
    for row in rows:
        cut = found.end[row] + 1
        part = Path(path.high[:cut], path.low[:cut], path.close[:cut])
        steps = int(found.end[row] - row)
        again = labels.triple_barrier(part, rows[row : row + 1], width[:1], width[:1], steps)
        assert again.outcome[0] == found.outcome[row]


def test_a_label_needs_its_whole_horizon_without_a_gap():
    run = np.array([1, 2, 3, 1, 2, 3, 4])
    assert labels.labelled(run, 2).tolist() == [True, False, False, True, True, False, False]
    assert not labels.labelled(run, 7).any()
    assert not labels.labelled(run, 9).any()
