"""Exports of any making give their candles or are refused; they never give other values."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.candle_files.bodies import CSV, JSON, read_body
from core.candle_files.parsed import ParsedCandles, ReadOptions
from core.errors import InvalidRequest, MalformedRequest

START, STEP = 1_718_409_600, 3_600  # 2024-06-15
# An uneven market, so that no column can be taken for another.
OPEN = [Decimal(n) for n in ("2105.5", "2120.25", "2115.75", "2092.5", "2165")]
HEADERS = {
    "en": ("Open", "High", "Low", "Close", "Volume"),
    "de": ("Eröffnung", "Hoch", "Tief", "Schlusskurs", "Volumen"),
    "fr": ("Ouverture", "Plus haut", "Plus bas", "Clôture", "Volume"),
    "es": ("Apertura", "Máximo", "Mínimo", "Cierre", "Volumen"),
    "pl": ("Otwarcie", "Najwyzszy", "Najnizszy", "Zamkniecie", "Wolumen"),
    "ru": ("Открытие", "Максимум", "Минимум", "Закрытие", "Объем"),
    "zh": ("开盘", "最高", "最低", "收盘", "成交量"),
}
TIMES = {"en": "Date", "de": "Datum", "fr": "Date", "es": "Fecha", "pl": "Data", "ru": "Дата",
         "zh": "日期"}  # fmt: skip
WRITTEN = ("%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%Y%m%d%H%M", "%d %b %Y %H:%M",
           "%B %d, %Y %I:%M %p", "%a, %d %b %Y %H:%M:%S", "%Y.%m.%d %H:%M",
           "%Y-%b-%d %H:%M")  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")


def candles() -> list[tuple[int, tuple[Decimal, ...]]]:
    """Return openings and open, high, low, close and volume."""
    rows = []
    for n, opened in enumerate(OPEN[:4]):
        close = OPEN[n + 1]
        prices = opened, max(opened, close) + n + 1, min(opened, close) - 2, close
        rows.append((START + n * STEP, (*prices, Decimal(31 + 17 * n) / 4)))
    return rows


def read(text: str | bytes, **options: str) -> ParsedCandles:
    """Read a CSV file."""
    return read_body(
        text if isinstance(text, bytes) else text.encode(), CSV, ReadOptions(**options)
    )


def number(value: Decimal, point: str, thousands: str) -> str:
    """Return a number in a style."""
    whole, _, rest = f"{value:,.2f}".partition(".")
    return whole.replace(",", thousands) + point + rest


@settings(deadline=None)
@given(
    language=st.sampled_from(sorted(HEADERS)),
    written=st.sampled_from([*WRITTEN, "s", "ms", "us", "ns"]),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Tokyo"]),
    style=st.sampled_from([(".", ""), (",", ""), (",", "."), (",", "\u00a0"), (".", ",")]),
    delimiter=st.sampled_from(";\t|"),
    order=st.permutations(range(5)),
    encoding=st.sampled_from(ENCODINGS),
    quoted=st.booleans(),
    newest_first=st.booleans(),
    repeated=st.booleans(),
    title=st.sampled_from(["", "# made by hand\n", "sep={}\n", "\n"]),
)
def test_every_style_of_a_spreadsheet_gives_the_same_candles(
    language: str,
    written: str,
    zone: str,
    style: tuple[str, str],
    delimiter: str,
    order: list[int],
    encoding: str,
    quoted: bool,
    newest_first: bool,
    repeated: bool,
    title: str,
) -> None:
    units = {"s": 1, "ms": 1_000, "us": 10**6, "ns": 10**9}
    lines = []
    for opening, values in candles():
        moment = datetime.fromtimestamp(opening, ZoneInfo(zone))
        time = str(opening * units[written]) if written in units else moment.strftime(written)
        lines.append([time, *(number(values[at], *style) for at in order)])
    lines = lines[::-1] if newest_first else lines
    lines += lines[:1] if repeated else []
    lines.insert(0, [TIMES[language], *(HEADERS[language][at] for at in order)])
    mark = '"' if quoted else ""
    rows = "\n".join(delimiter.join(f"{mark}{cell}{mark}" for cell in line) for line in lines)

    found = read((title.format(delimiter) + rows).encode(encoding), zone=zone)

    wanted = [[opening, *map(float, values), -1] for opening, values in candles()]
    assert sorted(map(tuple, found.rows)) == sorted(
        map(tuple, wanted + ([wanted[-1 if newest_first else 0]] if repeated else []))
    )
    assert found.unreadable == {}


def rows_of(time: str, count: int = 4) -> str:
    """Return rows of hours without a header, the time of each by a format."""
    return "\n".join(
        f"{datetime.fromtimestamp(at, UTC).strftime(time)};{';'.join(map(str, values))}"
        for at, values in candles()[:count]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Datum;Eröffnung;Hoch;Tief;Schluss\n2024-06-15;2.100;2.106;2.088;2.101", "thousands"),
        ("Date,GMT Offset,Open,High,Low,Close\n2024-06-15 02:00,+2,1,2,1,2", "GMT Offset"),
        ("Time,Open,High,Low,Close\n45458.0416667,1,2,1,2\n45458.0833333,1,2,1,2", "Excel"),
        (
            "Date;Part;Open;High;Low;Close\n" + rows_of("%Y-%m-%d;1"),
            "4 different rows have but 1 times",
        ),
        ("Time;Open;High;Low;Close;Volume\n" + rows_of("%d.%m.%y %H:%M"), "is written in no way"),
    ],
)
def test_what_may_mean_two_things_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        read(text)


def test_offsets_that_are_none_and_a_given_zone_leave_nothing_open() -> None:
    head = "Date,UTC Offset,Open,High,Low,Close\n2024-06-15 02:00,"
    assert read(f"{head}+00:00,1,2,1,2").rows[0][0] == START + 2 * STEP
    assert read(f"{head}+2,1,2,1,2", zone="UTC+2").rows[0][0] == START


def test_text_of_windows_is_read_where_only_names_and_signs_are_beyond_ascii() -> None:
    table = (
        "Datum;Eröffnung;Hoch;Tief;Schluss\n15.06.2024;2\u00a0105,5;2\u00a0106,25;2\u00a0088;€2100"
    )
    assert read(table.encode("cp1252")).rows[0][1:5] == [2105.5, 2106.25, 2088.0, 2100.0]
    with pytest.raises(MalformedRequest, match="not CSV in UTF-8"):
        read(
            "Datum;Eröffnung;Hoch;Tief;Schluss\n15.06.2024;2105,5;21ö6,25;2088;2100".encode(
                "cp1252"
            )
        )


def test_a_title_above_rows_without_a_header_is_passed_over() -> None:
    found = read("https://example.com/candles\n" + rows_of("%Y-%m-%dT%H:%M:%SZ"))
    assert [row[0] for row in found.rows] == [at for at, _ in candles()]


@pytest.mark.parametrize(
    "text",
    ["Sat, 15 Jun 2024 00:00:00 GMT", "Fri Jun 14 2024 20:00:00 GMT-0400", "June 15, 2024",
     "15JUN2024 00:00", "15 Jun. 2024 12:00 AM", "2024-Jun-15"],
)  # fmt: skip
def test_months_may_be_words(text: str) -> None:
    assert read(f"Time;Open;High;Low;Close\n{text};1;2;1;2").rows[0][0] == START


@pytest.mark.parametrize("text", ["13:00 AM", "Mai 15, 2024", "Ju 15 2024", "31 Jun 2024"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert read(f"Time;Open;High;Low;Close\n{text};1;2;1;2").unreadable


def test_hours_may_stand_in_a_column_of_their_own() -> None:
    found = read(
        "Date;Hour;Open;High;Low;Close;Volume\n" + rows_of("%Y-%m-%d;%H").replace(";0", ";")
    )
    assert [row[0] for row in found.rows] == [at for at, _ in candles()]


def test_columns_of_single_letters_keep_their_case() -> None:
    """As Binance's stream and Hyperliquid write klines: `T` is the close, `V` the takers' buys."""
    rows = [
        {"t": 1_000 * opening, "T": 1_000 * (opening + STEP) - 1, "s": "BTC", "i": "1h",
         "o": str(opened), "c": str(close), "h": str(high), "l": str(low), "v": str(volume),
         "n": 9, "V": "1", "q": "2", "Q": "3", "L": 7, "f": 5}
        for opening, (opened, high, low, close, volume) in candles()
    ]  # fmt: skip
    found = read_body(msgspec.json.encode(rows), JSON, ReadOptions())
    assert [row[:6] for row in found.rows] == [
        [opening, *map(float, values)] for opening, values in candles()
    ]


def test_more_than_one_blank_may_stand_between_a_day_and_its_time() -> None:
    found = read("date,open,high,low,close,volume\n20240615  01:00:00,1,2,0.5,1.5,3\n")
    assert found.rows[0][0] == START + STEP
