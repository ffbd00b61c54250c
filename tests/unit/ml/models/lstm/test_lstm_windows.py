"""Windows hold what was known at their origin, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock.sessions import Sessions
from core.lstm_limits import WARM_UP, candles_needed, windows_needed
from ml.data.walkforward import walk_forward
from ml.models.lstm.windows import LevelScaler, Windows, prepare_candles, split_past

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
    origins = Windows(prepare_candles(frame, ALWAYS), 20, 5).origins
    whole = prepare_candles(frame, ALWAYS).inputs(origins, 20, scaler)

    for row in range(0, len(origins), 7):
        known = prepare_candles(frame[: origins[row] + 1], ALWAYS)
        again = known.inputs(origins[row : row + 1], 20, scaler)
        assert np.array_equal(again[0], whole[row])
        assert known.volatility[-1] == prepare_candles(frame, ALWAYS).volatility[origins[row]]


def test_inputs_hardly_change_when_only_the_newest_candles_are_known() -> None:
    frame = walk(2_000)
    newest, tail = np.array([1_999]), np.array([20 + 256])

    whole = prepare_candles(frame, ALWAYS).inputs(newest, 20, None)
    served = prepare_candles(frame.tail(20 + 257).reset_index(drop=True), ALWAYS)

    assert served.inputs(tail, 20, None) == pytest.approx(whole, abs=1e-5)


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

    origins = prepare_candles(kept, ALWAYS).origins(seq_len, nsteps)

    assert origins.tolist() == expected


def test_moves_are_log_returns_in_volatilities() -> None:
    windows = Windows(prepare_candles(walk(300), ALWAYS), 20, 4)
    rows = np.array([0, 7, 50])

    moves = windows.moves(rows)

    for row, horizon in ((7, 1), (50, 4)):
        index = list(rows).index(row)
        origin = windows.origins[row]
        close, volatility = windows.candles.close, windows.candles.volatility
        expected = np.log(close[origin + horizon] / close[origin])
        expected /= volatility[origin] * np.sqrt(horizon)
        assert moves[index, horizon - 1] == pytest.approx(expected)


def test_returns_over_an_outage_do_not_swell_the_volatility() -> None:
    frame = walk(300)
    frame.loc[200:, ["open", "high", "low", "close"]] *= 3

    prepared = prepare_candles(without(frame, 150, 200), ALWAYS)

    assert prepared.volatility[150] == prepared.volatility[149]


def test_prices_that_stand_still_give_finite_windows() -> None:
    frame = walk(100)
    frame[["open", "high", "low", "close"]] = 5.0
    windows = Windows(prepare_candles(frame, ALWAYS), 20, 2)
    rows = np.arange(len(windows.origins))

    assert np.isfinite(windows.inputs(rows, None)).all()
    assert (windows.moves(rows) == 0).all()


def test_level_scalers_map_the_training_part() -> None:
    closes = np.array([1.0, 2.0, 3.0, 6.0])

    assert LevelScaler.fit(closes, "returns") is None
    assert LevelScaler.fit(closes, "minmax") == LevelScaler(1.0, 5.0)
    assert LevelScaler.fit(closes, "zscore") == LevelScaler(closes.mean(), closes.std())
    assert LevelScaler.fit(np.ones(3), "zscore") == LevelScaler(1.0, 1.0)


@pytest.mark.parametrize(("seq_len", "nsteps", "folds"), [(8, 1, 2), (60, 24, 3), (40, 288, 8)])
def test_the_candles_needed_make_a_walk_forward(seq_len: int, nsteps: int, folds: int) -> None:
    frame = walk(candles_needed(seq_len, nsteps, folds))
    windows = Windows(prepare_candles(frame, ALWAYS), seq_len, nsteps)

    assert len(windows.origins) >= windows_needed(nsteps)
    for fold in walk_forward(windows.spans, folds=folds, embargo=1, min_train=80):
        parts = split_past(windows.spans, fold.train)
        assert len(parts.train) >= 80 - 1
        assert min(len(parts.validation), len(parts.calibration)) >= 50


@given(st.integers(300, 900), st.integers(1, 12))
def test_parts_of_the_past_do_not_overlap(count: int, nsteps: int) -> None:
    spans = Windows(prepare_candles(walk(count), ALWAYS), 20, nsteps).spans

    parts = split_past(spans, np.arange(len(spans)))

    for earlier, later in ((parts.train, parts.validation), (parts.validation, parts.calibration)):
        assert spans.end[earlier].max() < spans.start[later].min()
    assert parts.calibration[-1] == len(spans) - 1
