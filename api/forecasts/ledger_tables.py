"""Rows of a chain as columns: names and kinds are those of the rows' fields."""

import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Union, get_args, get_origin

import msgspec

from api.http.tables import Columns
from core.columnar.tables import Field, Fields, Kind, Values
from storage.ledger.ledger_rows import LedgerRow
from storage.ledger.signal_rows import SealedSignal

# Instants among the fields, by how many milliseconds their unit has.
_TIMES = {
    "made_at": 1,
    "closed_at": 1,
    "opening": 1_000,
    "first_opening": 1_000,
    "input_end": 1_000,
}
_KINDS = {int: Kind.INTEGER, float: Kind.FLOAT, bool: Kind.TRUTH}
# Where a row stands and when it was made come first.
_FIRST = ("seq", "made_at", "ledger", "platform", "symbol", "resolution", "horizon", "model")


def _fields(row: type[msgspec.Struct]) -> Fields:
    kinds = {
        field.name: field.type for field in msgspec.structs.fields(row) if field.name != "grid"
    }
    names = [*(name for name in _FIRST if name in kinds), *(n for n in kinds if n not in _FIRST)]
    return tuple(Field(name, _kind(name, kinds[name])) for name in names)


def _kind(name: str, kind: Any) -> Kind:
    if name in _TIMES:
        return Kind.TIME
    plain = get_args(kind)[0] if get_origin(kind) in (Union, types.UnionType) else kind
    # What is neither number nor text is told as JSON.
    return _KINDS.get(plain, Kind.TEXT)


FORECAST_FIELDS = _fields(LedgerRow)
SIGNAL_FIELDS = _fields(SealedSignal)


def ledger_columns(fields: Fields, pages: Iterable[Sequence[msgspec.Struct]]) -> Iterator[Columns]:
    """Yield the columns of each page of rows."""
    for rows in pages:
        yield [_column(field, rows) for field in fields]


def _column(field: Field, rows: Sequence[msgspec.Struct]) -> Values:
    values = [getattr(row, field.name) for row in rows]
    if field.kind is Kind.TIME:
        unit = _TIMES[field.name]
        return [None if one is None else one * unit for one in values]
    if field.kind is Kind.TEXT:
        return [
            one if one is None or isinstance(one, str) else msgspec.json.encode(one).decode()
            for one in values
        ]
    return values
