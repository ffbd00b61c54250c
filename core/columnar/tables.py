"""Columns to record batches of Arrow, and these to a stream or a Parquet file, and back.

arro3 is imported where it is first needed: most processes never are asked for a table.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from arro3.core import Array, DataType, RecordBatch, Schema

ARROW, PARQUET = "arrow", "parquet"
MEDIA_TYPES = {
    ARROW: "application/vnd.apache.arrow.stream",
    PARQUET: "application/vnd.apache.parquet",
}
# What ends a stream: a message of no bytes (Arrow's columnar format, "IPC Streaming Format").
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
# Fast to write and read; floats gain little by harder packing.
_PARQUET_PACKING = "zstd(1)"


class Kind(StrEnum):
    """What a column holds. Times are epoch milliseconds or microseconds, UTC."""

    TIME = "time"
    MICROTIME = "microtime"
    FLOAT = "float"
    INTEGER = "integer"
    TEXT = "text"
    TRUTH = "truth"


class Field(NamedTuple):
    """A column: its name and what it holds."""

    name: str
    kind: Kind


Fields = tuple[Field, ...]
Values = Sequence[Any] | NDArray[Any]

# Candles as they go out: `trades` is null where it is not known, `flags` are joined by commas.
CANDLE_FIELDS: Fields = (
    Field("time", Kind.TIME),
    *(Field(name, Kind.FLOAT) for name in ("open", "high", "low", "close", "volume")),
    Field("trades", Kind.INTEGER),
    Field("flags", Kind.TEXT),
)


def make_batch(fields: Fields, columns: Sequence[Values]) -> "RecordBatch":
    """Return columns as a record batch.

    A numpy column must be of its kind (int64, float64) and holds no nulls; a list may hold
    None.
    """
    from arro3.core import RecordBatch

    arrays = [_array(field, column) for field, column in zip(fields, columns, strict=True)]
    return RecordBatch.from_arrays(arrays, schema=schema_of(fields))


@cache
def schema_of(fields: Fields) -> "Schema":
    """Return the schema of fields, each of which may be null."""
    from arro3.core import Field as ArrowField
    from arro3.core import Schema

    return Schema([ArrowField(one.name, _type(one.kind), nullable=True) for one in fields])


@cache
def stream_head(fields: Fields) -> bytes:
    """Return the bytes with which a stream begins; messages of batches follow, then its end."""
    from arro3.core import Table

    return _stream(Table.from_batches([], schema=schema_of(fields))).removesuffix(END_OF_STREAM)


def stream_message(fields: Fields, batch: "RecordBatch") -> bytes:
    """Return a batch as its part of a stream: any such, one after another, make one."""
    head = stream_head(fields)
    return _stream(batch).removeprefix(head).removesuffix(END_OF_STREAM)


def to_parquet(fields: Fields, batches: Iterable["RecordBatch"]) -> bytes:
    """Return batches as a Parquet file."""
    from arro3.core import RecordBatchReader
    from arro3.io import write_parquet

    target = io.BytesIO()
    reader = RecordBatchReader.from_batches(schema_of(fields), list(batches))
    write_parquet(reader, target, compression=_PARQUET_PACKING, dictionary_enabled=False)
    return target.getvalue()


def to_arrow_file(fields: Fields, batches: Iterable["RecordBatch"]) -> bytes:
    """Return batches as a file of Arrow, which `.feather` files are, too."""
    from arro3.core import Table
    from arro3.io import write_ipc

    target = io.BytesIO()
    write_ipc(
        Table.from_batches(list(batches), schema=schema_of(fields)), target, compression="lz4"
    )
    return target.getvalue()


def read_stream(content: bytes) -> Iterator["RecordBatch"]:
    """Yield the batches of a stream; what it is not raises arro3's exceptions."""
    from arro3.io import read_ipc_stream

    yield from read_ipc_stream(content)


def numbers(array: "Array", absent: float) -> NDArray[Any]:
    """Return a column of numbers or times (as epoch numbers), `absent` where it is null."""
    from arro3.core import DataType

    if DataType.is_timestamp(array.type):
        array = array.cast(DataType.int64())
    if not array.null_count:
        return array.to_numpy()
    if array.null_count == len(array):
        return np.full(len(array), absent)
    return np.array([absent if one is None else one for one in array.to_pylist()])


def _stream(data: Any) -> bytes:
    from arro3.io import write_ipc_stream

    target = io.BytesIO()
    write_ipc_stream(data, target, compression="lz4")
    return target.getvalue()


def _array(field: Field, column: Values) -> "Array":
    from arro3.core import Array, DataType

    wanted = _type(field.kind)
    if isinstance(column, np.ndarray):
        return Array.from_numpy(np.ascontiguousarray(column)).cast(wanted)
    if field.kind in (Kind.TIME, Kind.MICROTIME):
        return Array(column, type=DataType.int64()).cast(wanted)
    return Array(column, type=wanted)


def _type(kind: Kind) -> "DataType":
    from arro3.core import DataType

    return {
        Kind.TIME: lambda: DataType.timestamp("ms", tz="UTC"),
        Kind.MICROTIME: lambda: DataType.timestamp("us", tz="UTC"),
        Kind.FLOAT: DataType.float64,
        Kind.INTEGER: DataType.int64,
        Kind.TEXT: DataType.utf8,
        Kind.TRUTH: DataType.bool,
    }[kind]()
