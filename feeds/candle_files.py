"""Candle files: CSV, NDJSON and JSON, plain or gzipped, read to rows.

A row is `[time, open, high, low, close, volume]`, with a trade count as seventh
number where the file has one. Epoch times stay as they stand in the file
(seconds or milliseconds); written-out times become epoch seconds UTC. A value
that is missing or no number is NaN: which rows are good is not decided here.
"""

import csv
import gzip
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from core.errors import MalformedRequest

Rows = list[list[float]]

COLUMNS = ("time", "open", "high", "low", "close", "volume")
_TIME_NAMES = ("time", "timestamp", "date", "datetime", "open_time", "opentime", "unix")
_COUNT_NAMES = ("trades", "count", "number_of_trades")
# Day first as MetaTrader's and Dukascopy's exports have it, year first with dots as well.
_TIME_FORMATS = ("%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S", "%Y.%m.%d %H:%M:%S",
                 "%Y.%m.%d %H:%M", "%d.%m.%Y %H:%M", "%Y.%m.%d")  # fmt: skip


def read_candles(path: Path) -> Rows:
    """Read a file by its ending: .csv, .ndjson, .jsonl or .json, each also with .gz.

    Raises `MalformedRequest` naming the line that cannot be read, `OSError`
    when the file itself cannot.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if zipped else suffixes)[-1:]
    try:
        with (gzip.open if zipped else open)(path, "rt", encoding="utf-8-sig", newline="") as lines:
            return _parse(lines, kind[0] if kind else "")
    except (EOFError, UnicodeDecodeError, csv.Error):
        raise MalformedRequest("The file is cut short or is not text.") from None


def _parse(lines: TextIO, kind: str) -> Rows:
    if kind == ".json":
        return parse_json(lines.read())
    return parse_ndjson(lines) if kind in (".ndjson", ".jsonl") else parse_csv(lines)


def parse_csv(lines: Iterable[str]) -> Rows:
    """Read CSV (commas, semicolons or tabs), with a header in any order or none.

    Without a header the columns are time, open, high, low, close, volume.
    """
    lines = iter(lines)
    head = next((line for line in lines if line.strip()), "")
    mark = max(",;\t", key=head.count)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=mark), [])]
    rows = csv.reader(lines, delimiter=mark)
    if names and not _is_number(names[0]) and not names[0][:1].isdigit():
        order = _order(names)
        return [_numbers([row[i] for i in order], at) for at, row in _filled(rows, 2, max(order))]
    first = [_numbers(next(csv.reader([head], delimiter=mark)), 1)] if head else []
    return first + [_numbers(row, at) for at, row in _filled(rows, 2, 5)]


def parse_ndjson(lines: Iterable[str]) -> Rows:
    """Read one JSON array or object a line."""
    rows = []
    for at, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(_row(json.loads(line), at))
            except json.JSONDecodeError:
                raise MalformedRequest(f"Line {at} is not JSON.") from None
    return rows


def parse_json(text: str) -> Rows:
    """Read a JSON list of arrays or objects, or an object whose `candles` is one."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedRequest(f"Line {error.lineno} is not JSON.") from None
    candles = found.get("candles") if isinstance(found, dict) else found
    if not isinstance(candles, list):
        raise MalformedRequest("The file holds no list of candles.")
    return [_row(candle, at) for at, candle in enumerate(candles, 1)]


def _filled(rows: Iterable[list[str]], first: int, last_column: int) -> Iterator[Any]:
    for at, row in enumerate(rows, first):
        if any(field.strip() for field in row):
            if len(row) <= last_column:
                raise MalformedRequest(f"Line {at} has {len(row)} columns, too few.")
            yield at, row


def _order(names: Sequence[str]) -> list[int]:
    """Return the places of our columns under a header; the first name that fits wins."""
    order = []
    for column in COLUMNS:
        wanted = _TIME_NAMES if column == "time" else (column, column[0], f"tick_{column}")
        place = next((names.index(name) for name in wanted if name in names), None)
        if place is None:
            raise MalformedRequest(f"The header has no column {column}.")
        order.append(place)
    return order + [names.index(name) for name in _COUNT_NAMES if name in names][:1]


def _row(candle: object, at: int) -> list[float]:
    if isinstance(candle, Mapping):
        names = {str(name).lower(): value for name, value in candle.items()}
        return _numbers([names[list(names)[i]] for i in _order(list(names))], at)
    if not isinstance(candle, list) or len(candle) < 6:
        raise MalformedRequest(f"Candle {at} is not an array of six numbers or an object.")
    return _numbers(candle, at)


def _numbers(fields: Sequence[object], at: int) -> list[float]:
    return [_time(fields[0], at), *map(_number, fields[1:7])]


def _number(field: object) -> float:
    try:
        return math.nan if isinstance(field, bool) else float(str(field))
    except ValueError:
        return math.nan


def _is_number(text: str) -> bool:
    return not math.isnan(_number(text))


def _time(field: object, at: int) -> float:
    text = str(field).strip()
    if _is_number(text):
        number = float(text)
        return int(number) if number.is_integer() else number
    readers: list[Callable[[str], datetime]] = [datetime.fromisoformat]
    for read in readers + [partial(_read_time, form) for form in _TIME_FORMATS]:
        try:
            moment = read(text)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    raise MalformedRequest(f"Line {at} begins with no time that can be read: {text[:32]!r}.")


def _read_time(form: str, text: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)
