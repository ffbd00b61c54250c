"""Candle files: every common way of writing them reads as the same rows."""

import gzip
import json
import math
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.candle_files.bodies import CSV as AS_CSV
from core.candle_files.bodies import JSON, NDJSON, read_body
from core.candle_files.parsed import ReadOptions
from core.errors import MalformedRequest, RequestError
from feeds.candle_files import Rows, read_candles

ROWS = [[1_640_995_200, 1.0, 2.0, 0.5, 1.5, 10.0], [1_640_998_800, 1.5, 2.5, 1.0, 2.0, 11.0]]
CSV = "time,open,high,low,close,volume\n1640995200,1.0,2.0,0.5,1.5,10\n1640998800,1.5,2.5,1,2,11\n"


def without_count(rows: Rows) -> Rows:
    """Rows as they are written here, where a trade count that is unknown is left out."""
    return [row if row[6] >= 0 else row[:6] for row in rows]


def parse_csv(lines: Iterable[str]) -> Rows:
    text = "\n".join(line.rstrip("\n") for line in lines)
    return without_count(read_body(text.encode(), AS_CSV, ReadOptions()).rows)


def parse_json(text: str) -> Rows:
    return without_count(read_body(text.encode(), JSON, ReadOptions()).rows)


def parse_ndjson(lines: Iterable[str]) -> Rows:
    return without_count(read_body("\n".join(lines).encode(), NDJSON, ReadOptions()).rows)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "BTC.USD.csv", "noending"])
def test_csv_is_read_plain_and_gzipped(tmp_path: Path, name: str) -> None:
    raw = CSV.encode()
    (tmp_path / name).write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)

    assert read_candles(tmp_path / name) == ROWS


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl.gz", "a.json", "a.JSON"])
def test_json_and_ndjson_are_told_by_the_ending(tmp_path: Path, name: str) -> None:
    lines = "\n".join(map(json.dumps, ROWS))
    raw = (json.dumps({"candles": ROWS}) if name[-3:].lower() == "son" and "nd" not in name
           else lines).encode()  # fmt: skip
    (tmp_path / name).write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)

    assert read_candles(tmp_path / name) == ROWS


def test_columns_are_found_by_name_in_any_order() -> None:
    text = "Volume;Close;Low;High;Open;Date\n10;1.5;0.5;2;1;2022-01-01T00:00:00Z\n"

    assert parse_csv(text.splitlines(keepends=True)) == ROWS[:1]


def test_a_file_without_a_header_is_in_our_order() -> None:
    assert parse_csv(["1640995200,1,2,0.5,1.5,10\n", "\n", "1640998800,1.5,2.5,1,2,11"]) == ROWS


def test_a_trade_count_is_the_seventh_number() -> None:
    text = ["time,open,high,low,close,volume,trades", "1640995200,1,2,0.5,1.5,10,42"]

    assert parse_csv(text) == [[*ROWS[0], 42]]


@pytest.mark.parametrize(
    "written",
    [
        "1640995200",
        "2022-01-01T00:00:00Z",
        "2022-01-01 00:00:00",
        "2022-01-01T01:00:00+01:00",
        "01.01.2022 00:00:00.000",
        "2022.01.01 00:00",
        "2022-01-01",
    ],
)
def test_a_time_is_read_however_it_is_written(written: str) -> None:
    assert parse_csv(["time,open,high,low,close,volume", f"{written},1,2,0.5,1.5,10"]) == ROWS[:1]


def test_epoch_milliseconds_stay_as_they_are() -> None:
    assert parse_ndjson(["[1640995200000, 1, 2, 0.5, 1.5, 10]"])[0][0] == 1_640_995_200_000


def test_objects_are_read_by_name_as_the_api_gives_them() -> None:
    candle = {"time": "2022-01-01T00:00:00Z", "open": 1, "high": 2, "low": 0.5, "close": 1.5,
              "volume": 10, "trades": 7, "flags": []}  # fmt: skip

    assert parse_json(json.dumps({"candles": [candle]})) == [[*ROWS[0], 7]]


@pytest.mark.parametrize("field", ["", "n/a", "nan", "true"])
def test_a_value_that_is_no_number_is_nan_for_the_checks_to_judge(field: str) -> None:
    rows = parse_csv(["time,open,high,low,close,volume", f"1640995200,{field},2,0.5,1.5,10"])

    assert math.isnan(rows[0][1])


def test_a_header_that_lacks_a_column_is_refused_with_the_columns_found() -> None:
    with pytest.raises(
        RequestError, match=r"has no column close; .*: time, open, high, low, volume"
    ):
        parse_csv(["time,open,high,low,volume", "1,2,3,4,5"])


@pytest.mark.parametrize(
    ("line", "said"),
    [("1640995200,1,2", "low is not a number"), ("soon,1,2,3,4,5", "time is not a time")],
)
def test_a_line_that_cannot_be_read_is_named_with_its_reason(line: str, said: str) -> None:
    text = f"time,open,high,low,close,volume\n{line}"

    assert read_body(text.encode(), AS_CSV, ReadOptions()).unreadable == {0: said}


@pytest.mark.parametrize("text", ["{", "[1]", "{}", '"x"', "[[1,2,3]]", '[{"time": 1}]'])
def test_json_that_holds_no_candles_is_refused(text: str) -> None:
    with pytest.raises(RequestError):
        parse_json(text)


def test_a_line_that_is_not_json_is_named() -> None:
    with pytest.raises(MalformedRequest, match="Line 2"):
        parse_ndjson([json.dumps(ROWS[0]), "oops"])


@pytest.mark.parametrize("raw", [gzip.compress(CSV.encode(), mtime=0)[:-12], b"\xff\xfe\x00", b""])
def test_a_file_cut_short_or_empty_never_reads_as_candles(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / ("a.csv.gz" if raw[:2] == b"\x1f\x8b" else "a.csv")
    path.write_bytes(raw)

    if raw:
        with pytest.raises(MalformedRequest):
            read_candles(path)
    else:
        assert read_candles(path) == []


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(st.lists(st.tuples(st.integers(0, 10**10), *[NUMBERS] * 5)))
def test_numbers_read_back_to_the_bit_from_every_form(rows: list[tuple[float, ...]]) -> None:
    wanted = [list(row) for row in rows]
    header = "time,open,high,low,close,volume"

    assert parse_csv([header, *(",".join(map(repr, row)) for row in rows)]) == wanted
    assert parse_ndjson(map(json.dumps, rows)) == wanted
    assert parse_json(json.dumps(rows)) == wanted
