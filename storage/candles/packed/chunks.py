"""Candles as record batches of Arrow, packed so that any run of them makes one stream."""

import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.candle_files.columns import flag_bits
from core.columnar.tables import (
    CANDLE_FIELDS,
    END_OF_STREAM,
    Values,
    make_batch,
    numbers,
    read_stream,
    stream_head,
    stream_message,
)
from core.series import flag_names
from storage.candles.candle_columns import UNKNOWN_TRADES, Candles

if TYPE_CHECKING:
    from arro3.core import RecordBatch

# How many candles, and the first and the last opening (s).
_HEAD = struct.Struct("<Iqq")


class Chunk(NamedTuple):
    """Candles as their message of an Arrow stream: how many, and when the outermost open (s)."""

    rows: int
    first: int
    last: int
    message: bytes

    def to_bytes(self) -> bytes:
        """Return the bytes that `chunk_of` reads."""
        return _HEAD.pack(self.rows, self.first, self.last) + self.message

    def candles(self) -> Candles:
        """Return the candles."""
        content = stream_head(CANDLE_FIELDS) + self.message + END_OF_STREAM
        return Candles.join([_candles(batch) for batch in read_stream(content)])


def pack(candles: Candles) -> Chunk:
    """Return candles packed; of none, a chunk without a message."""
    if not len(candles):
        return Chunk(0, 0, 0, b"")
    message = stream_message(CANDLE_FIELDS, to_batch(candles))
    return Chunk(len(candles), int(candles.time[0]), int(candles.time[-1]), message)


def chunk_of(content: bytes) -> Chunk:
    """Return the chunk that `to_bytes` gave."""
    rows, first, last = _HEAD.unpack_from(content)
    return Chunk(rows, first, last, content[_HEAD.size :])


def to_batch(candles: Candles) -> "RecordBatch":
    """Return candles as columns: `trades` is null where it is not known, `flags` are names."""
    plain = [getattr(candles, field.name) for field in CANDLE_FIELDS[1:6]]
    return make_batch(
        CANDLE_FIELDS, [candles.time * 1_000, *plain, _trades(candles), _flags(candles)]
    )


def _trades(candles: Candles) -> Values:
    if (candles.trades >= 0).all():
        return candles.trades
    return [None if count < 0 else count for count in candles.trades.tolist()]


def _flags(candles: Candles) -> list[str]:
    names = {mark: ",".join(flag_names(mark)) for mark in set(candles.flags.tolist())}
    return [names[mark] for mark in candles.flags.tolist()]


def _candles(batch: "RecordBatch") -> Candles:
    columns = {field.name: numbers(batch[field.name], 0) for field in CANDLE_FIELDS[:-2]}
    columns["time"] = columns["time"] // 1_000
    marks = batch["flags"].to_numpy().tolist()
    bits = {text: flag_bits(text) for text in set(marks)}
    flags = np.array([bits[text] for text in marks], np.int64)
    return Candles(**columns, trades=numbers(batch["trades"], UNKNOWN_TRADES), flags=flags)
