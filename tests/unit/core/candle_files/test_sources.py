"""Files of every source known give their candles, and what is not known is refused by name."""

from datetime import datetime
from pathlib import Path

import pytest

from core.candle_files.parsed import ReadOptions
from core.clock.times import epoch_seconds
from core.errors import InvalidRequest
from feeds.candle_files import read_candle_file
from tests.candle_sources import EXACT, SOURCES, TIMES, Source


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_candles_of_a_source_are_read_with_their_right_values(
    source: Source, tmp_path: Path
) -> None:
    path = tmp_path / source.name
    path.write_bytes(source.content)
    found = read_candle_file(path, ReadOptions(**source.options))
    rows = sorted([[epoch_seconds(row[0]), *row[1:]] for row in found.rows])
    assert found.unreadable == {}
    assert [row[:6] for row in rows] == source.rows
    assert [row[6] for row in rows] == list(source.trades)


def _read(tmp_path: Path, text: str, **options: str) -> object:
    path = tmp_path / "a.csv"
    path.write_text(text)
    return read_candle_file(path, ReadOptions(**options))


@pytest.mark.parametrize("width", [4, 9, 10, 11, 13])
def test_columns_are_never_taken_by_position_out_of_a_layout_that_is_not_known(
    tmp_path: Path, width: int
) -> None:
    lines = [",".join(map(str, [*row, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5][:width])) for row in EXACT]
    with pytest.raises(InvalidRequest, match=f"have {width} columns and no header.*--columns"):
        _read(tmp_path, "\n".join(lines))


def test_a_header_that_is_not_known_is_refused_with_the_columns_found(tmp_path: Path) -> None:
    text = "Tag,Erster,Hoch,Tief,Letzter,Menge\n" + "2024-06-15,1,2,1,2,3\n"
    with pytest.raises(InvalidRequest, match=r"columns are: Tag, Erster, Hoch.*--columns"):
        _read(tmp_path, text)


def test_several_symbols_are_refused(tmp_path: Path) -> None:
    text = "time,symbol,open,high,low,close,volume\n" + "".join(
        f"{time},{name},1,2,1,2,3\n" for time in TIMES for name in "AB"
    )
    with pytest.raises(InvalidRequest, match="several symbols \\(A, B\\)"):
        _read(tmp_path, text)


def test_histdata_times_need_a_word_on_their_clock(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="format=histdata"):
        _read(tmp_path, "20240615 000000;1;2;1;2;0\n20240615 000100;1;2;1;2;0\n")


def test_a_decimal_comma_that_may_be_thousands_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="decimal comma or a thousands mark"):
        _read(tmp_path, "time;open;high;low;close;volume\n1718409600;1,234;1,235;1,233;1,234;5\n")


DAYS = ("2024-06-13", "2024-06-14")
DAILY = [
    [1_718_236_800, 210.5, 214.25, 208.75, 212.0],
    [1_718_323_200, 212.0, 215.5, 211.25, 211.5],
]


def _days(form: str, line: str) -> str:
    rows = zip(DAYS, DAILY, strict=True)
    return "".join(
        line.format(f"{datetime.fromisoformat(day):{form}}", *row[1:]) + "\n" for day, row in rows
    )


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ('"Date","Price","Open","High","Low","Vol.","Change %"\n'
         + _days("%m/%d/%Y", '"{0}","{4:,.2f}","{1:,.2f}","{2:,.2f}","{3:,.2f}","31.50K","0.1%"'),
         31_500.0),
        ('"Date","Price","Open","High","Low","Vol.","Change %"\n'
         + _days("%b %d, %Y", '"{0}","{4}","{1}","{2}","{3}","","0.1%"'), 0.0),
        ("Date,Open,High,Low,Close*,Adj Close**,Volume\n"
         + _days("%b %d, %Y", '"{0}",{1},{2},{3},{4},9,"31,000"'), 31_000.0),
        ("timestamp,open,high,low,close,adjusted_close,volume,dividend_amount\n"
         + _days("%Y-%m-%d", "{0},{1},{2},{3},{4},9,31,0.0"), 31.0),
        ("Date,Close/Last,Volume,Open,High,Low\n"
         + _days("%m/%d/%Y", "{0},${4},31,${1},${2},${3}"), 31.0),
        (",AAA,AAA,AAA,AAA,AAA\n,Open,High,Low,Close,Volume\nDate,,,,,\n"
         + _days("%Y-%m-%d", "{0},{1},{2},{3},{4},31"), 31.0),
    ],
)  # fmt: skip
def test_daily_files_of_well_known_sites_give_their_candles(
    tmp_path: Path, text: str, volume: float
) -> None:
    rows = _read(tmp_path, text).rows
    assert [row[:6] for row in rows] == [[*row, volume] for row in DAILY]


OKX = "".join(f"{time},1,{time},1,2,1\n" for time in TIMES)
BITMEX = (
    "timestamp,open,high,low,close,trades,volume,homeNotional,foreignNotional\n"
    "2024-06-15T01:00:00.000Z,1,2,1,2,3,4,5,6\n"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BITMEX, "BitMEX stamps its candles with their end"),
        ("Date,Open,High,Low,Close,Volume\n45458,1,2,1,2,3\n", "as Excel counts them"),
        ("close_time,open,high,low,close,volume\n1718413200,1,2,1,2,3\n", "has no column time"),
        (OKX, "OKX's mark of a finished candle"),
    ],
)
def test_what_could_be_taken_for_other_columns_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        _read(tmp_path, text)


def test_years_of_two_digits_are_no_times(tmp_path: Path) -> None:
    read = _read(tmp_path, "Date,Open,High,Low,Close,Volume\n15/06/24,1,2,1,2,3\n")
    assert read.unreadable == {0: "time is not a time"}


def test_volume_in_what_was_paid_is_said(tmp_path: Path) -> None:
    read = _read(tmp_path, "time,open,high,low,close,Volume USD\n1718409600,1,2,1,2,3\n")
    assert read.warnings == [
        "The volume is taken from Volume USD, which seems to be what was paid."
    ]


@pytest.mark.parametrize("name", ["bittrex", "csv", "Binance "])
def test_a_format_that_is_not_known_is_refused_with_those_that_are(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidRequest, match="format is not one of tickcast"):
        _read(tmp_path, "time,open,high,low,close,volume\n1718409600,1,2,1,2,3\n", format=name)
