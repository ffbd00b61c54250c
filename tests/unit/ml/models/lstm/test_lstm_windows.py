"""Windows hold what was known at their origin, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock.sessions import Sessions
from core.lstm_limits import WARM_UP, candles_needed, windows_needed
from ml.data.labels import fixed_spans
from ml.data.walkforward import walk_forward
from ml.features.history import History
from ml.models.lstm.units import MoveUnits
from ml.models.lstm.windows import LevelScaler, realised_moves, split_past, window_inputs

HOUR = 3_600
ALWAYS = Sessions.around_the_clock(HOUR)


def walk(count: int, seed: int = 0) -> pd.DataFrame:
    """Return hourly candles of a random walk."""
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(generator.normal(size=count) * 0.01))
    wick = np.abs(generator.normal(size=(2, count))) * 0.005
    return pd.DataFrame(
        {
            "time": 1_700_000_000 // HOUR * HOUR + HOUR * np.arange(count),
            "open": close,
            "high": close * (1 + wick[0]),
            "low": close * (1 - wick[1]),
            "close": close,
            "volume": 1.0,
        }
    )


def without(frame: pd.DataFrame, start: int, stop: int) -> pd.DataFrame:
    return frame.drop(range(start, stop)).reset_index(drop=True)


@pytest.mark.parametrize("scaler", [None, LevelScaler(100, 10)])
def test_inputs_do_not_change_when_the_future_is_taken_away(scaler: LevelScaler | None) -> None:
    frame = without(walk(400), 150, 160)
    history = History(frame, ALWAYS)
    rows = history.learnable(5)
    whole, units = (
        window_inputs(history, rows, 20, scaler),
        MoveUnits.plain(5).of(history, rows, ALWAYS),
    )

    for place in range(0, len(rows), 7):
        known = History(frame[: rows[place] + 1], ALWAYS)
        again = window_inputs(known, rows[place : place + 1], 20, scaler)
        assert np.array_equal(again[0], whole[place])
        unit = MoveUnits.plain(5).of(known, rows[place : place + 1], ALWAYS)
        assert np.array_equal(unit[0], units[place])


def test_inputs_hardly_change_when_only_the_newest_candles_are_known() -> None:
    frame = walk(2_000)
    newest, tail = np.array([1_999]), np.array([20 + 256])

    whole = window_inputs(History(frame, ALWAYS), newest, 20, None)
    served = History(frame.tail(20 + 257).reset_index(drop=True), ALWAYS)

    assert window_inputs(served, tail, 20, None) == pytest.approx(whole, abs=1e-5)


@given(st.sets(st.integers(40, 199), max_size=12), st.integers(8, 50), st.integers(1, 12))
def test_a_window_and_its_future_never_span_a_gap(
    lost: set[int], seq_len: int, nsteps: int
) -> None:
    frame = walk(200)
    kept = frame.drop(sorted(lost)).reset_index(drop=True)
    position = (kept["time"].to_numpy() - frame["time"][0]) // HOUR
    back = max(seq_len, WARM_UP)
    expected = [
        origin
        for origin in range(back, len(kept) - nsteps)
        if position[origin + nsteps] - position[origin - back] == back + nsteps
    ]

    rows = History(kept, ALWAYS).learnable(nsteps, back)

    assert rows.tolist() == expected


def test_moves_are_log_returns_in_volatilities() -> None:
    history = History(walk(300), ALWAYS)
    rows = np.array([60, 67, 297])

    moves = realised_moves(history, rows, 4) / MoveUnits.plain(4).of(history, rows, ALWAYS)

    close, volatility = history.path.close, history.volatility
    for place, row, horizon in ((1, 67, 1), (0, 60, 4), (2, 297, 2)):
        expected = np.log(close[row + horizon] / close[row])
        expected /= volatility[row] * np.sqrt(horizon)
        assert moves[place, horizon - 1] == pytest.approx(expected)
    assert np.isnan(moves[2, 2:]).all()


def test_returns_over_an_outage_do_not_swell_the_volatility() -> None:
    frame = walk(300)
    frame.loc[200:, ["open", "high", "low", "close"]] *= 3

    history = History(without(frame, 150, 200), ALWAYS)

    assert history.volatility[150] == history.volatility[149]


def test_prices_that_stand_still_give_finite_windows() -> None:
    frame = walk(100)
    frame[["open", "high", "low", "close"]] = 5.0
    history = History(frame, ALWAYS)
    rows = history.learnable(2)

    assert np.isfinite(window_inputs(history, rows, 20, None)).all()
    assert (realised_moves(history, rows, 2) == 0).all()


def test_level_scalers_map_the_training_part() -> None:
    closes = np.array([1.0, 2.0, 3.0, 6.0])

    assert LevelScaler.fit(closes, "returns") is None
    assert LevelScaler.fit(closes, "minmax") == LevelScaler(1.0, 5.0)
    assert LevelScaler.fit(closes, "zscore") == LevelScaler(closes.mean(), closes.std())
    assert LevelScaler.fit(np.ones(3), "zscore") == LevelScaler(1.0, 1.0)


@pytest.mark.parametrize(("seq_len", "nsteps", "folds"), [(8, 1, 2), (60, 24, 3), (40, 288, 8)])
def test_the_candles_needed_make_a_walk_forward(seq_len: int, nsteps: int, folds: int) -> None:
    frame = walk(candles_needed(seq_len, nsteps, folds))
    rows = History(frame, ALWAYS).learnable(nsteps, max(seq_len, WARM_UP))

    assert len(rows) >= windows_needed(nsteps)
    for fold in walk_forward(fixed_spans(rows, nsteps), folds=folds, embargo=1, min_train=80):
        parts = split_past(rows[fold.train], nsteps)
        assert len(parts.train) >= 80 - 1
        assert min(len(parts.validation), len(parts.calibration)) >= 50


@given(st.integers(300, 900), st.integers(1, 12))
def test_parts_of_the_past_do_not_overlap(count: int, nsteps: int) -> None:
    rows = History(walk(count), ALWAYS).learnable(nsteps)

    parts = split_past(rows, nsteps)

    for earlier, later in ((parts.train, parts.validation), (parts.validation, parts.calibration)):
        assert earlier[-1] + nsteps < later[0]
    assert parts.calibration[-1] == rows[-1]
