"""Unfinished candles are left out, and every value leaves a trace in the hash."""

import numpy as np
import pandas as pd
import pytest

from core.series import CandleFlag
from ml.data.candle_frames import data_hash, finished, is_partial


def candles(count: int = 5) -> pd.DataFrame:
    close = np.linspace(10, 11, count)
    return pd.DataFrame(
        {
            "time": 3_600 * np.arange(count),
            "open": close,
            "high": close + 1,
            "low": close - 1,
            "close": close,
            "volume": 2.0,
            "flags": 0,
        }
    )


def test_only_unfinished_candles_are_left_out() -> None:
    frame = candles()
    frame.loc[1, "flags"] = int(CandleFlag.REVISED | CandleFlag.OPEN_OUTSIDE)
    frame.loc[4, "flags"] = int(CandleFlag.PARTIAL | CandleFlag.FROM_TRADES)

    assert is_partial(frame).tolist() == [False, False, False, False, True]
    assert finished(frame)["time"].tolist() == [0, 3_600, 7_200, 10_800]


def test_a_frame_without_flags_is_finished() -> None:
    assert len(finished(candles().drop(columns="flags"))) == 5


@pytest.mark.parametrize("column", ["time", "open", "high", "low", "close", "volume"])
def test_any_changed_value_changes_the_hash(column: str) -> None:
    frame = candles()
    before = data_hash(frame)

    frame.loc[2, column] += 1

    assert data_hash(frame) != before


def test_the_hash_does_not_depend_on_how_numbers_are_held() -> None:
    frame = candles()

    assert data_hash(frame.astype({"time": "int32"})) == data_hash(frame)
    assert data_hash(frame[1:].reset_index(drop=True)) == data_hash(frame[1:])


def test_a_close_alone_stands_for_every_price() -> None:
    closes = candles()[["time", "close"]]

    whole = finished(closes)

    for name in ("open", "high", "low"):
        assert whole[name].tolist() == closes["close"].tolist()
    assert whole["volume"].nunique() == 1
    assert finished(candles()).equals(candles())
    assert len(data_hash(whole)) == 64
