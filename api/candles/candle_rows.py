"""Rows of candles out of JSON, NDJSON and CSV bodies.

Here a row becomes numbers, or gets a reason why it cannot; whether the numbers
make a candle is for `storage.candles.candle_checks` to say. A row keeps its place, so
that every index is the one that the caller counts.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec

from api.candles.schemas_candles import ROWS_LIMIT
from api.http.json_text import parse_lines
from core.errors import InvalidRequest, MalformedRequest, TooLarge
from core.times import parse_time

COLUMNS = ("time", "open", "high", "low", "close", "volume")
_TRADES = "trades"
_WIDTHS = (len(COLUMNS), len(COLUMNS) + 1)
_TIME_NAMES = ("time", "timestamp", "date", "datetime")
_UNKNOWN_TRADES = -1.0
_NOT_A_NUMBER = float("nan")
_NUMBERS = list[Annotated[list[float], msgspec.Meta(min_length=_WIDTHS[0], max_length=_WIDTHS[1])]]

Row = list[float]


class Rows(NamedTuple):
    """Rows of six numbers and a trade count, and by index why a row could not be read."""

    rows: list[Row]
    unreadable: dict[int, str]


def from_json(values: Sequence[Any]) -> Rows:
    """Return rows given as arrays or objects."""
    _check_number(len(values))
    try:
        rows = msgspec.convert(values, _NUMBERS)
    except msgspec.ValidationError:
        return _collect(map(_from_value, values))
    return Rows([_padded(row) for row in rows], {})


def from_lines(body: bytes) -> Rows:
    """Return rows of newline-delimited JSON."""
    _check_number(body.count(b"\n"))
    return from_json(parse_lines(body))


def from_csv(body: bytes) -> Rows:
    """Return rows of CSV, whose header, if there is one, may give the columns in any order.

    Columns that we do not know are ignored. Raises `InvalidRequest` if one of
    ours is missing.
    """
    _check_number(body.count(b"\n") - 1)  # before the work of splitting; exactly below
    try:
        lines = [line for line in csv.reader(io.StringIO(body.decode("utf-8-sig"))) if line]
    except (UnicodeDecodeError, csv.Error):
        raise MalformedRequest("The body is not CSV in UTF-8.") from None
    names = [name.strip().lower() for name in lines[0]] if lines else []
    if any(name in _TIME_NAMES for name in names):
        places = _places(names)
        lines = [_chosen(line, places) for line in lines[1:]]
    _check_number(len(lines))
    return _collect(_from_value(line, _number) for line in lines)


def _places(names: Sequence[str]) -> list[int]:
    known = ["time" if name in _TIME_NAMES else name for name in names]
    missing = [name for name in COLUMNS if name not in known]
    if missing:
        raise InvalidRequest(f"The CSV header lacks {', '.join(missing)}.")
    optional = [_TRADES] if _TRADES in known else []
    return [known.index(name) for name in (*COLUMNS, *optional)]


def _chosen(line: Sequence[str], places: Iterable[int]) -> list[str]:
    return [line[place] if place < len(line) else "" for place in places]


def _from_value(value: Any, number: Callable[[Any], float | None] | None = None) -> Row | str:
    """Return the row that a value holds, or the reason why it holds none."""
    if isinstance(value, Mapping):
        unknown = value.keys() - {*COLUMNS, _TRADES}
        if unknown:
            return f"{min(unknown)[:64]} is no field of a candle"
        value = [value.get(name) for name in COLUMNS] + [value.get(_TRADES)]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) not in _WIDTHS:
        return f"not {_WIDTHS[0]} or {_WIDTHS[1]} values"
    return _numbers(value, number or _json_number)


def _numbers(cells: Sequence[Any], number: Callable[[Any], float | None]) -> Row | str:
    row: Row = []
    for name, cell in zip(COLUMNS, cells, strict=False):
        found = _time(cell, number) if name == "time" else number(cell)
        if found is None:
            return f"{name} is not a number" if name != "time" else "time is not a time"
        row.append(found)
    given = cells[len(COLUMNS) :] not in ([], [None], [""])
    trades = number(cells[-1]) if given else _UNKNOWN_TRADES
    return "trades is not a number" if trades is None else [*row, trades]


def _json_number(cell: Any) -> float | None:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _number(cell: str) -> float | None:
    try:
        # Python would take 1_000 for a number; nobody else does.
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _time(cell: Any, number: Callable[[Any], float | None]) -> float | None:
    seconds = number(cell)
    if seconds is None and isinstance(cell, str):
        try:
            return parse_time(cell, "time") / 1_000
        except InvalidRequest:
            return None
    return seconds


def _collect(found: Iterable[Row | str]) -> Rows:
    rows: list[Row] = []
    unreadable: dict[int, str] = {}
    for index, row in enumerate(found):
        if isinstance(row, str):
            unreadable[index] = row
            row = [_NOT_A_NUMBER] * _WIDTHS[1]
        rows.append(row)
    return Rows(rows, unreadable)


def _padded(row: Row) -> Row:
    return row if len(row) == _WIDTHS[1] else [*row, _UNKNOWN_TRADES]


def _check_number(number: int) -> None:
    if number > ROWS_LIMIT:
        raise TooLarge(f"candles: at most {ROWS_LIMIT:,} a request; send them in parts.")
