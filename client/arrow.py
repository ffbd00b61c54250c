"""Arrow on this side of the wire: the server's candles as frames, anybody's tables as frames.

Tables cross between libraries by Arrow's C interface, so that none of them is needed here.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np
import pandas as pd

from client.errors import BadFrame
from core.candle_files.parsed import UNKNOWN_TRADES
from core.columnar.read_tables import table_columns
from core.columnar.tables import (
    CANDLE_FIELDS,
    Field,
    make_batch,
    numbers,
    read_stream,
    schema_of,
    to_arrow_file,
    to_parquet,
)

if TYPE_CHECKING:
    from arro3.core import Array, RecordBatch, Table

# In which library's words candles are given.
Form: TypeAlias = Literal["pandas", "polars", "arrow"]
# Endings of files that candles are written to.
FILE_ENDINGS = (".parquet", ".arrow", ".feather", ".csv")
_PLAIN = ("open", "high", "low", "close", "volume")


def candles_as(form: Form, batches: "Sequence[RecordBatch]") -> Any:
    """Return candles of the server as a frame of pandas or polars, or as a table of Arrow.

    The frame of pandas is that of `client.frames.candle_frame`. Raises `BadFrame` where polars
    is not installed.
    """
    from arro3.core import Table

    table = Table.from_batches(batches, schema=schema_of(CANDLE_FIELDS)).combine_chunks()
    if form == "arrow":
        return table
    return _pandas(table) if form == "pandas" else _polars(table)


def candle_batches(content: bytes) -> "list[RecordBatch]":
    """Return the batches of an answer."""
    return list(read_stream(content))


def candle_file(path: Path, content: bytes) -> bytes:
    """Return an answer as a file, Parquet or Arrow's by the ending of its name."""
    batches = candle_batches(content)
    kind = to_parquet if path.suffix.lower() == ".parquet" else to_arrow_file
    return kind(CANDLE_FIELDS, batches)


def frame_batches(frame: pd.DataFrame) -> "list[RecordBatch]":
    """Return a frame of `client.frames.candle_frame` as the server would have sent it."""
    times = pd.DatetimeIndex(frame.index).as_unit("ms").asi8
    counts = [None if pd.isna(one) else int(one) for one in frame["trades"]]
    plain = [frame[name].to_numpy() for name in _PLAIN]
    return [make_batch(CANDLE_FIELDS, [times, *plain, counts, frame["flags"].tolist()])]


class ArrowTable(Protocol):
    """A table of any library that tells its rows by Arrow's C interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as a capsule."""


def is_table(candles: object) -> bool:
    """Say whether an object tells its rows by Arrow's C interface."""
    return hasattr(candles, "__arrow_c_stream__") or hasattr(candles, "__arrow_c_array__")


def table_frame(candles: Any) -> pd.DataFrame:
    """Return the columns of any library's table as a frame; raises `BadFrame`."""
    from arro3.core import Table

    try:
        columns = table_columns(Table.from_arrow(candles).to_batches())
    except (ValueError, TypeError, NotImplementedError) as error:
        raise BadFrame(f"The table cannot be read: {error}.") from None
    frame = pd.DataFrame(columns)
    return frame if "time" in frame else frame.rename(columns={"index": "time"})


def _pandas(table: "Table") -> pd.DataFrame:
    if not len(table):
        times = np.empty(0, "M8[s]")
        columns: dict[str, Any] = {name: np.empty(0) for name in _PLAIN}
        counts, marks = np.empty(0, np.int64), ""
    else:
        parts = {name: table[name].chunk(0) for name in table.column_names}
        times = (numbers(parts["time"], 0) // 1_000).astype("M8[s]")
        columns = {name: parts[name].to_numpy() for name in _PLAIN}
        # A copy: what belongs to the table may not be written to.
        counts = np.array(numbers(parts["trades"], UNKNOWN_TRADES), np.int64)
        marks = _marks(parts["flags"])
    index = pd.DatetimeIndex(times, name="time").tz_localize("UTC")
    columns["trades"] = pd.arrays.IntegerArray(counts, counts < 0)
    columns["flags"] = pd.Series(marks, index=index, dtype="str")
    return pd.DataFrame(columns, index=index, copy=False)


def _marks(array: "Array") -> Any:
    """Return the marks of candles; of a series without any a text, which stands for them all."""
    return "" if array == _unmarked(len(array)) else array.to_numpy()


def _unmarked(count: int) -> "Array":
    fields = (Field(*CANDLE_FIELDS[-1]),)
    return make_batch(fields, [[""] * count])[fields[0].name]


def _polars(table: "Table") -> Any:
    try:
        polars = import_module("polars")
    except ImportError:
        raise BadFrame(
            "polars is not installed; form='arrow' gives what any library takes."
        ) from None
    return polars.DataFrame(table)
