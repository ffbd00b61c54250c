"""JSON of any source, to a header and rows: lists of lists, of objects, or of columns."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from core.candle_files.headers import is_header
from core.candle_files.parsed import COLUMNS, OPTIONAL
from core.candle_files.tables import Table, check_number
from core.errors import InvalidRequest, MalformedRequest

# Where exchanges lay candles in their answers; looked at in this order.
_HOLDERS = ("candles", "results", "result", "data", "list", "ohlc", "bars", "rows", "values",
            "klines", "items")  # fmt: skip
_DEEPEST = 5


def find_rows(document: Any) -> list[Any]:
    """Return the list of candles in an exchange's answer, or in ours.

    Raises `MalformedRequest` where there is none, `InvalidRequest` where there are several.
    """
    found = _rows(document, _DEEPEST)
    if found is None:
        raise MalformedRequest("The body holds no list of candles.")
    return found


def to_table(values: Sequence[Any], most_rows: int | None = None) -> Table:
    """Return arrays, or objects by the names of their fields, as a table."""
    check_number(len(values), most_rows)
    objects = [value for value in values if isinstance(value, dict)]
    if len(objects) * 2 > len(values):
        names = list(dict.fromkeys(chain.from_iterable(set(map(tuple, objects)))))
        if len(objects) == len(values) and {len(names)} == set(map(len, objects)):
            rows = list(map(list, zip(*([v[n] for v in objects] for n in names), strict=True)))
        else:
            rows = [[v.get(n) for n in names] if isinstance(v, dict) else [] for v in values]
        return Table(names, rows, stringy=_is_stringy(rows))
    reasons = {
        place: f"{min(map(str, unknown))[:64]} is no field of a candle"
        for place, value in enumerate(values)
        if isinstance(value, Mapping) and (unknown := value.keys() - {*COLUMNS, *OPTIONAL})
    }
    rows = [_array(value) for value in values]
    return Table(None, rows, stringy=_is_stringy(rows), reasons=reasons)


def _array(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value.get(name) for name in (*COLUMNS, OPTIONAL[0])]
    return list(value) if isinstance(value, list | tuple) else []


def _is_stringy(rows: Sequence[Sequence[Any]]) -> bool:
    """Say whether prices are written as text, as most exchanges do."""
    sample = [row for row in rows[:64] if len(row) > 4]
    texts = sum(isinstance(cell, str) for row in sample for cell in row[1:5])
    return texts * 2 > 4 * len(sample)


def _rows(value: Any, deep: int) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping) or not deep:
        return None
    for read in (_columns, _split_frame, _columns_by_index, _rows_by_time):
        if (rows := read(value)) is not None:
            return rows
    for name in _HOLDERS:
        if name in value and (found := _rows(value[name], deep - 1)) is not None:
            return found
    lists = {name: found for name, inner in value.items()
             if isinstance(inner, list | dict) and (found := _rows(inner, deep - 1))}  # fmt: skip
    if len(lists) > 1:
        raise InvalidRequest(
            f"The body holds several lists of candles ({', '.join(map(str, list(lists)[:8]))}); "
            "send one at a time."
        )
    return next(iter(lists.values()), None)


def _columns(value: Mapping[str, Any]) -> list[Any] | None:
    """Return rows from lists side by side, `{"t": [...], "o": [...]}`, None for anything else."""
    lists = {name: cells for name, cells in value.items() if isinstance(cells, list)}
    sizes = {len(cells) for cells in lists.values()}
    if len(lists) < len(COLUMNS) - 1 or len(sizes) != 1:
        return None
    return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]


def _columns_by_index(value: Mapping[str, Any]) -> list[Any] | None:
    """Return rows from what pandas writes by default: columns, each by the frame's index."""
    inner = [cells for cells in value.values() if isinstance(cells, dict)]
    if len(inner) < len(COLUMNS) - 2 or len(inner) != len(value) or not is_header(list(value)):
        return None
    return [
        {"index": at} | {name: cells.get(at) for name, cells in value.items()} for at in inner[0]
    ]


def _rows_by_time(value: Mapping[str, Any]) -> list[Any] | None:
    """Return rows from objects by their times, as Alpha Vantage and pandas write them."""
    inner = list(value.values())
    if not inner or not all(isinstance(row, dict) and is_header(list(row)) for row in inner):
        return None
    return [{"index": at} | row for at, row in value.items()]


def _split_frame(value: Mapping[str, Any]) -> list[Any] | None:
    """Return rows from what pandas writes with `orient="split"`."""
    names, index, rows = (value.get(name) for name in ("columns", "index", "data"))
    if not (isinstance(names, list) and isinstance(index, list) and isinstance(rows, list)):
        return None
    pairs = zip(index, rows, strict=False)
    return [{"index": at} | dict(zip(map(str, names), row, strict=False)) for at, row in pairs]
