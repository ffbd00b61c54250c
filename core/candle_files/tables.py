"""Text of comma-, semicolon- or tab-separated values, to a header and rows of cells."""

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from core.candle_files.header_names import normal
from core.candle_files.headers import is_header
from core.errors import InvalidRequest, MalformedRequest, TooLarge

# Comments and further headers stand within so many rows of the top.
TOP_ROWS = 12
# A row with so many numbers is no header.
MOST_NUMBERS = 4
_MARKS = "\t;|,"
# So many bytes tell UTF-16 without a mark.
_TOLD_BY = 4_096
_FOREIGN, _DIGIT = re.compile("[^\x00-\x7f\u00a0\u20ac\u00a3\u2019]"), re.compile("[0-9]")
_NUMBER = re.compile(r"[-+$\u20ac\u00a3]?\d[\d.,'\u2019 eE+-]*\Z")


class Table(NamedTuple):
    """Rows of cells under the names of a header, None where there is none.

    `stringy` says that numbers are text. `repeated` counts the headers left out
    among the rows; `reasons` say of rows, by index, why they can be no candle.
    """

    names: list[str] | None
    rows: Sequence[list[Any]]
    stringy: bool
    repeated: int = 0
    reasons: Mapping[int, str] = MappingProxyType({})


def decode(data: bytes, what: str = "CSV in UTF-8") -> str:
    """Return text in UTF-8 or UTF-16, told by its mark or its zeros; raises `MalformedRequest`."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in (top := data[:_TOLD_BY]):
        # Of letters of ASCII, digits and marks among them, one byte is zero.
        encoding = "utf-16-le" if top[1::2].count(0) > top[::2].count(0) else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8-sig" and (text := _western(data)) is not None:
            return text
        raise MalformedRequest(f"The body is not {what}, nor text in UTF-16.") from None


def _western(data: bytes) -> str | None:
    """Return text in Windows-1252, as spreadsheets write it; None for what may be anything else.

    In a line with digits nothing beyond ASCII is taken but hard spaces and signs of money.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    for found in _FOREIGN.finditer(text):
        begin, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.start())
        if _DIGIT.search(text, begin, len(text) if end < 0 else end):
            return None
    return text


def read_table(data: bytes, most_rows: int | None) -> Table:
    """Return the table of a CSV text.

    Lines before the header are passed over, as is a header that comes again.
    Raises `MalformedRequest`, `InvalidRequest` for several symbols side by side,
    `TooLarge` beyond `most_rows`.
    """
    text = decode(data)
    check_number(text.count("\n") - TOP_ROWS, most_rows)  # before the work of splitting
    rows = _split(text)
    top = _header_place(rows)
    if top is None:
        rows = _without_title(rows)
        check_number(len(rows), most_rows)
        return Table(None, rows, stringy=True)
    names = [name.strip() for name in rows[top]]
    start = _data_start(rows, top, names)
    found = [row for row in rows[start:] if row[0].strip() != names[0] or not _same(row, names)]
    check_number(len(found), most_rows)
    return Table(names, found, stringy=True, repeated=len(rows) - start - len(found))


def check_number(rows: int, most: int | None) -> None:
    """Raise `TooLarge` for more rows than one request may bring."""
    if most is not None and rows > most:
        raise TooLarge(f"candles: at most {most:,} a request; send them in parts.")


def _split(text: str) -> list[list[str]]:
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r'"?sep=(.)"?', first.strip(), re.IGNORECASE)
    text = rest if named else text
    mark = named[1] if named else _mark(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:
        raise MalformedRequest("The body is not CSV in UTF-8.") from None
    return [row for row in rows if row and (row[0] or any(cell.strip() for cell in row))]


def _mark(text: str) -> str:
    """Return what separates cells: what most of the first lines have at least four of."""
    lines = [line for line in text[:65_536].splitlines()[:24] if line.strip()]
    for mark in _MARKS:
        if sum(line.count(mark) >= 4 for line in lines) * 2 > len(lines):
            return mark
    return max(reversed(_MARKS), key=lambda mark: sum(line.count(mark) for line in lines))


def _without_title(rows: list[list[str]]) -> list[list[str]]:
    """Return rows without the lines of a single cell that stand above the others."""
    top = next((place for place, row in enumerate(rows[:TOP_ROWS]) if len(row) > 1), 0)
    return rows[top:]


def _header_place(rows: Sequence[Sequence[str]]) -> int | None:
    """Return where names stand: known ones, or else the words above the first numbers."""
    words = None
    for place, row in enumerate(rows[:TOP_ROWS]):
        if is_header(row):
            return place
        numbers = sum(bool(_NUMBER.match(cell.strip())) for cell in row)
        if numbers >= MOST_NUMBERS:
            break
        if not numbers and len(row) >= MOST_NUMBERS:
            words = place
    return words


def _data_start(rows: Sequence[Sequence[str]], top: int, names: Sequence[str]) -> int:
    """Return where the candles begin: after rows that name symbols or the index."""
    start = top + 1
    while start < min(len(rows), top + 4):
        first, *rest = (cell.strip() for cell in rows[start])
        symbols = {cell for cell in rest if cell}
        if normal(first) == "ticker":
            if len(symbols) > 1:
                raise InvalidRequest(
                    f"The file holds several symbols ({', '.join(sorted(symbols)[:8])}); "
                    "send one at a time."
                )
        elif symbols or not re.search("[A-Za-z]", first):
            break
        start += 1
    return start


def _same(row: Sequence[str], names: Sequence[str]) -> bool:
    return [cell.strip() for cell in row] == list(names)
