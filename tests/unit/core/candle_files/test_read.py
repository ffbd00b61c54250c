"""Rows of candles keep their numbers and their places."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.candle_files.bodies import NDJSON, read_body
from core.candle_files.parsed import COLUMNS, ParsedCandles, ReadOptions
from core.candle_files.read import read_csv, read_values
from core.errors import InvalidRequest, MalformedRequest, TooLarge

UNKNOWN = -1.0
ROW = [1_700_000_000, 1.0, 3.0, 0.5, 2.0, 10.0]
PRICES = st.floats(1e-6, 1e9)
ROWS = st.lists(st.tuples(st.integers(0, 4 * 10**9), PRICES, PRICES, PRICES, PRICES, PRICES))

# Three rows of any prices may by chance be candles of another order, so that ours is named.
LIMITED = ReadOptions(format="tickcast", most_rows=100_000)


def from_json(values: list[object]) -> ParsedCandles:
    return read_values(values, LIMITED)


def from_lines(body: bytes) -> ParsedCandles:
    return read_body(body, NDJSON, LIMITED)


def from_csv(body: bytes) -> ParsedCandles:
    return read_csv(body, LIMITED)


@settings(deadline=None)
@given(ROWS)
def test_the_same_rows_come_out_of_every_form(rows: list[tuple[float, ...]]) -> None:
    expected = [[*map(float, row), UNKNOWN] for row in rows]
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    objects = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    table = "\n".join(",".join(map(repr, row)) for row in rows).encode()
    header = ",".join(COLUMNS).encode() + b"\n"
    assert from_json([list(row) for row in rows]).rows == expected
    assert from_json(objects).rows == expected
    assert from_lines(lines).rows == expected
    assert from_csv(table).rows == expected
    assert from_csv(header + table).rows == expected


def test_a_trade_count_may_follow() -> None:
    assert from_json([[*ROW, 7]]).rows == [[*ROW, 7.0]]
    assert from_json([[*ROW, 7], ROW]).rows == [[*ROW, 7.0], [*ROW, UNKNOWN]]
    assert from_json([[*ROW, None]]).rows == [[*ROW, UNKNOWN]]


@pytest.mark.parametrize("time", ["2023-11-14T22:13:20Z", "2023-11-15T00:13:20+02:00"])
def test_a_time_may_be_iso_8601(time: str) -> None:
    assert from_json([[time, *ROW[1:]]]).rows == [[*ROW, UNKNOWN]]
    csv = f"{time},1,3,.5,2,10".encode()
    assert from_csv(csv).rows == [[*ROW, UNKNOWN]]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([1, 2, 3], "not 6 or 7 values"),
        ([*ROW, 1, 1], "not 6 or 7 values"),
        ("text", "not 6 or 7 values"),
        (7, "not 6 or 7 values"),
        (None, "not 6 or 7 values"),
        ([*ROW[:4], None, 1.0], "close is not a number"),
        ([*ROW[:4], "2", 1.0], "close is not a number"),
        ([*ROW[:4], True, 1.0], "close is not a number"),
        (["yesterday", *ROW[1:]], "time is not a time"),
        ([None, *ROW[1:]], "time is not a time"),
        ([*ROW, "many"], "trades is not a number"),
        ({"time": 1, "open": 1}, "high is not a number"),
        ({"time": 1, "price": 1}, "price is no field of a candle"),
    ],
)
def test_a_row_that_cannot_be_read_gets_a_reason_and_keeps_its_place(
    row: object, reason: str
) -> None:
    found = from_json([ROW, row, ROW])
    assert found.unreadable == {1: reason}
    assert [math.isnan(values[1]) for values in found.rows] == [False, True, False]


def test_a_header_may_name_the_columns_in_any_order_and_case() -> None:
    body = b"Close,Extra,Volume,Low,High,Open,Timestamp\n2,x,10,0.5,3,1,1700000000\n"
    assert from_csv(body).rows == [[*ROW, UNKNOWN]]


def test_a_header_without_a_column_of_ours_is_refused() -> None:
    with pytest.raises(
        InvalidRequest, match="has no column close; its columns are: time, open, high, low"
    ):
        from_csv(b"time,open,high,low\n1,2,3,4\n")


@pytest.mark.parametrize("cell", ["nan", "inf", ""])
def test_a_csv_cell_that_is_no_number_makes_a_bad_row_and_no_bad_body(cell: str) -> None:
    found = from_csv(f"1700000000,1,3,{cell},2,10".encode())
    assert found.unreadable or not math.isfinite(found.rows[0][3])


def test_a_csv_line_that_is_too_short_is_a_bad_row() -> None:
    found = from_csv(b"time,open,high,low,close,volume\n1,2\n1700000000,1,3,.5,2,10")
    assert found.unreadable == {0: "high is not a number"}


def test_numbers_with_underscores_are_none() -> None:
    found = from_csv(b"1700000000,1,3,.5,2,1_0")
    assert found.unreadable == {0: "volume is not a number"}


def test_what_is_not_utf_8_is_no_csv() -> None:
    with pytest.raises(MalformedRequest, match="CSV"):
        from_csv(b"1,\xff")


def test_100000_rows_are_accepted_and_one_more_is_not() -> None:
    row = b"1,1,1,1,1,1\n"
    assert len(from_csv(row * 100_000).rows) == 100_000
    with pytest.raises(TooLarge, match="100,000"):
        from_csv(row * 100_001)
    with pytest.raises(TooLarge, match="100,000"):
        from_json([ROW] * 100_001)
    with pytest.raises(TooLarge, match="100,000"):
        from_lines(b"[1]\n" * 100_001)
