from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import BadFrame
from client.arrow import candle_file, candles_as, frame_batches
from client.frames import Candle, candle_frame, time_text, upload_frame
from core.columnar.tables import CANDLE_FIELDS, END_OF_STREAM, stream_head, stream_message
from core.series import CandleFlag
from feeds.candle_files import read_candle_file

HOUR = pd.Timestamp("2025-01-01T00:00:00Z")


def _frame(**columns: object) -> pd.DataFrame:
    times = pd.date_range(HOUR, periods=3, freq="h")
    prices = dict.fromkeys(["open", "high", "low", "close", "volume"], 1.5)
    return pd.DataFrame(prices | columns, index=times)


def test_candles_become_a_frame_in_utc() -> None:
    candles = [
        Candle("2025-01-01T00:00:00Z", 1, 3, 0.5, 2, 10, 7),
        Candle("2025-01-01T01:00:00Z", 2, 3, 1, 2, 0, None, ["partial", "revised"]),
    ]

    frame = candle_frame(candles)

    assert str(frame.index.dtype) == "datetime64[s, UTC]"
    assert list(frame.columns) == ["open", "high", "low", "close", "volume", "trades", "flags"]
    assert frame["close"].tolist() == [2.0, 2.0]
    assert frame["trades"].isna().tolist() == [False, True]
    assert frame["flags"].tolist() == ["", "partial,revised"]


def test_no_candles_are_an_empty_frame_of_the_same_columns_and_kinds() -> None:
    full = candle_frame([Candle("2025-01-01T00:00:00Z", 1, 1, 1, 1, 1)])

    assert candle_frame([]).dtypes.equals(full.dtypes)
    assert candle_frame([]).index.dtype == full.index.dtype


def test_what_was_read_can_be_sent_again() -> None:
    frame = candle_frame([Candle("2025-01-01T00:00:00Z", 1, 3, 0.5, 2, 10, 7)])

    assert upload_frame(frame).to_numpy().tolist() == [[1735689600, 1, 3, 0.5, 2, 10, 7]]


def test_times_without_a_zone_are_utc_and_others_are_converted() -> None:
    naive = pd.DatetimeIndex(["2025-01-01T00:00:00"])
    tokyo = pd.DatetimeIndex(["2025-01-01T09:00:00+09:00"])

    sent = [upload_frame(_frame()[:1].set_index(times))["time"][0] for times in (naive, tokyo)]

    assert sent == [1735689600, 1735689600]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_an_index_does_not_matter(unit: str) -> None:
    frame = _frame()
    frame.index = pd.DatetimeIndex(frame.index).as_unit(unit)

    assert upload_frame(frame)["time"].tolist() == [1735689600, 1735693200, 1735696800]


def test_times_with_fractions_of_a_second_go_as_milliseconds() -> None:
    frame = _frame()
    frame.index += pd.Timedelta("250ms")

    assert upload_frame(frame)["time"][0] == 1735689600250


def test_epoch_numbers_in_a_column_go_as_they_are() -> None:
    frame = _frame(time=[1735689600, 1735693200, 1735696800]).reset_index(drop=True)

    assert upload_frame(frame)["time"].tolist() == [1735689600, 1735693200, 1735696800]


def test_column_names_may_be_in_any_case() -> None:
    assert upload_frame(_frame().rename(columns=str.title)).shape == (3, 6)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (_frame().drop(columns=["low", "close"]), r"low, close"),
        (_frame().drop(columns="volume"), "Give zeros"),
        (_frame().reset_index(drop=True), "DatetimeIndex"),
        (_frame().set_index(pd.DatetimeIndex([HOUR, pd.NaT, HOUR])), "Row 1"),
        (_frame(time=["soon", "later", "never"]), "must be datetimes"),
    ],
)
def test_a_frame_that_cannot_be_sent_says_what_it_lacks(frame: pd.DataFrame, reason: str) -> None:
    with pytest.raises(BadFrame, match=reason):
        upload_frame(frame)


def test_rows_may_have_a_trade_count_and_nothing_else_beyond() -> None:
    assert list(upload_frame([[1, 2, 3, 4, 5, 6, 7]]).columns)[-1] == "trades"
    assert upload_frame([]).empty
    with pytest.raises(BadFrame):
        upload_frame([[1, 2, 3, 4, 5]])
    with pytest.raises(BadFrame):
        upload_frame([[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]])


@given(st.integers(0, 4_000_000_000), st.integers(-12, 12))
def test_a_datetime_reaches_the_query_as_the_same_instant(seconds: int, hours: int) -> None:
    local = datetime.fromtimestamp(seconds, timezone(timedelta(hours=hours)))
    naive = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)

    text = time_text(local)

    assert text is not None
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == local
    assert time_text(naive) == text


@pytest.mark.parametrize("given", ["2025-01-01", 1735689600, 1735689600000, np.int64(1735689600)])
def test_text_and_epoch_numbers_reach_the_query_as_they_are(given: object) -> None:
    assert time_text(given) == str(given)  # type: ignore[arg-type]


def test_no_time_is_no_text() -> None:
    assert time_text(None) is None


def test_a_table_of_arrow_is_the_frame_that_json_makes() -> None:
    shown = [
        Candle("2025-01-01T00:00:00Z", 1.0, 2.0, 0.5, 1.5, 7.0, 3, []),
        Candle("2025-01-01T01:00:00Z", 1.5, 2.0, 0.5, 1.0, 0.0, None, ["gap", "backfilled"]),
    ]
    frame = candle_frame(shown)
    batches = frame_batches(frame)
    pd.testing.assert_frame_equal(candles_as("pandas", batches), frame)
    pd.testing.assert_frame_equal(candles_as("pandas", []), candle_frame([]))
    unmarked = frame_batches(frame.iloc[:1])
    pd.testing.assert_frame_equal(candles_as("pandas", unmarked), frame.iloc[:1])


def test_a_table_of_any_library_may_be_uploaded() -> None:
    frame = candle_frame([Candle("2025-01-01T00:00:00Z", 1.0, 2.0, 0.5, 1.5, 7.0, 3, ["gap"])])
    table = candles_as("arrow", frame_batches(frame))
    pd.testing.assert_frame_equal(upload_frame(table), upload_frame(frame), check_dtype=False)


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_a_file_that_was_written_is_read_as_a_source(tmp_path: Path, ending: str) -> None:
    frame = candle_frame([Candle("2025-01-01T00:00:00Z", 1.0, 2.0, 0.5, 1.5, 7.0, None, ["gap"])])
    path = tmp_path / f"candles{ending}"
    (batch,) = frame_batches(frame)
    content = stream_head(CANDLE_FIELDS) + stream_message(CANDLE_FIELDS, batch) + END_OF_STREAM
    path.write_bytes(candle_file(path, content))
    parsed = read_candle_file(path)
    assert parsed.rows == [[1_735_689_600.0, 1.0, 2.0, 0.5, 1.5, 7.0, -1.0]]
    assert parsed.flags == [CandleFlag.GAP]
