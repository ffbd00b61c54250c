"""Tables of Arrow or Parquet to rows of plain values, as a decoded JSON body would have them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from core.columnar.tables import ARROW, PARQUET
from core.errors import MalformedRequest, TickcastError, TooLarge

if TYPE_CHECKING:
    from arro3.core import Array, RecordBatch

# A candle has ten columns; a table with many more is another thing.
MOST_COLUMNS = 128
# So many rows of a Parquet file are decoded at a time.
_ROWS_AT_ONCE = 16_384
_FILE_MARK, _PARQUET_MARK = b"ARROW1", b"PAR1"
# pandas' name for an index that has none.
_INDEX = "__index_level_0__"
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read_table_rows(content: bytes, kind: str, most_rows: int | None = None) -> list[Any]:
    """Return the rows of a table as objects by the names of its columns.

    `kind` is `arrow` (a stream or a file) or `parquet`. Times with a zone are epoch seconds,
    those without one text. Columns that hold no numbers, times or text are left out. Raises
    `MalformedRequest` for what is no such table, `TooLarge` beyond `most_rows`.
    """
    rows: list[Any] = []
    try:
        for batch in _batches(content, kind):
            if batch.num_columns > MOST_COLUMNS:
                raise TooLarge(f"A table of candles has at most {MOST_COLUMNS} columns.")
            if most_rows is not None and len(rows) + batch.num_rows > most_rows:
                raise TooLarge(f"candles: at most {most_rows:,} a request; send them in parts.")
            columns = table_columns([batch])
            rows += [
                dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
            ]
    except (TickcastError, KeyboardInterrupt):
        raise
    except BaseException as error:
        # arro3 has no exceptions of its own: what is wrong with the bytes comes as any of them,
        # and where Rust panicked as one that is no `Exception`.
        raise MalformedRequest(f"The body is not {kind.title()}: {str(error)[:200]}.") from None
    return rows


def _batches(content: bytes, kind: str) -> Iterator["RecordBatch"]:
    from arro3.io import read_ipc, read_ipc_stream, read_parquet

    if kind == PARQUET:
        if not content.startswith(_PARQUET_MARK) or not content.endswith(_PARQUET_MARK):
            raise MalformedRequest("The body is not Parquet.")
        yield from read_parquet(content, batch_size=_ROWS_AT_ONCE)
    elif kind == ARROW and content.startswith(_FILE_MARK):
        yield from read_ipc(content)
    else:
        yield from read_ipc_stream(content)


def table_columns(batches: "Iterable[RecordBatch]") -> dict[str, list[Any]]:
    """Return the columns of batches of one schema as `read_table_rows` reads them."""
    columns: dict[str, list[Any]] = {}
    for batch in batches:
        for name in batch.column_names:
            if (cells := _cells(batch[name])) is not None:
                columns.setdefault("index" if name == _INDEX else name, []).extend(cells)
    return columns


def _cells(array: "Array") -> list[Any] | None:
    from arro3.core import DataType as Type

    kind: Any = array.type
    if Type.is_timestamp(kind) and kind.tz:
        unit = _UNITS[kind.time_unit]
        return [
            None if one is None else one // unit if one % unit == 0 else one / unit
            for one in array.cast(Type.int64()).to_pylist()
        ]
    if Type.is_temporal(kind) or Type.is_dictionary(kind):
        array = array.cast(Type.utf8())
    elif Type.is_floating(kind) or Type.is_decimal(kind):
        array = array.cast(Type.float64())
    elif not any(is_kind(kind) for is_kind in _plain_kinds()):
        return None
    return list(array.to_pylist())


def _plain_kinds() -> list[Callable[[Any], bool]]:
    """Return the tests for kinds whose values are taken as they are."""
    from arro3.core import DataType as Type

    texts = Type.is_string, Type.is_large_string, Type.is_string_view
    return [Type.is_integer, Type.is_boolean, Type.is_list, *texts]
