"""Files of every source known give their candles, and what is not known is refused by name."""

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


@pytest.mark.parametrize("name", ["bittrex", "csv", "Binance "])
def test_a_format_that_is_not_known_is_refused_with_those_that_are(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidRequest, match="format is not one of tickcast"):
        _read(tmp_path, "time,open,high,low,close,volume\n1718409600,1,2,1,2,3\n", format=name)
