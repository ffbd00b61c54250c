"""Candles as columns: the form in which they are checked, stored, read and trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import CorruptArtifact

if TYPE_CHECKING:
    import pandas as pd

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

UNKNOWN_TRADES = -1
# Packed form: this mark, the number of candles, then the columns one after another.
_MARK = b"TCC1"
_HEAD_BYTES = len(_MARK) + 8


@dataclass(frozen=True, eq=False, slots=True)
class Candles:
    """Candles of one series, ascending by a time that is unique.

    `time` is the opening in whole seconds UTC, `trades` is -1 where the number
    of trades is not known, and `flags` holds `core.series.CandleFlag` bits. All
    columns have the same length.
    """

    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    trades: Integers
    flags: Integers

    def __len__(self) -> int:
        return len(self.time)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns by name, not copied."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def replace(self, **columns: NDArray[Any]) -> Self:
        """Return the candles with other columns in the place of those named."""
        return type(self)(**(self.columns() | columns))

    def take(self, chosen: slice | NDArray[Any]) -> Self:
        """Return the candles that a slice, a mask or positions choose, in their order."""
        return type(self)(**{name: column[chosen] for name, column in self.columns().items()})

    def to_frame(self) -> "pd.DataFrame":
        """Return a frame with the columns' names, `time` still in seconds."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    @classmethod
    def empty(cls) -> Self:
        """Return no candles."""
        return cls.from_rows([])

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return candles that follow each other as one."""
        if len(parts) == 1:
            return parts[0]
        columns = [part.columns() for part in parts or [cls.empty()]]
        return cls(**{name: np.concatenate([c[name] for c in columns]) for name in columns[0]})

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float]]) -> Self:
        """Return candles from `[time_s, open, high, low, close, volume(, trades(, flags))]`.

        Nothing is checked beyond the shape: the rows must be ascending by time.
        All rows have the same number of values.
        """
        table = np.asarray(rows, dtype=np.float64).reshape(len(rows), -1 if rows else 6)
        counts = table[:, 6] if table.shape[1] > 6 else np.full(len(table), UNKNOWN_TRADES)
        flags = table[:, 7] if table.shape[1] > 7 else np.zeros(len(table))
        opening, top, bottom, close, volume = np.ascontiguousarray(table[:, 1:6].T)
        times, trades, marks = (part.astype(np.int64) for part in (table[:, 0], counts, flags))
        return cls(times, opening, top, bottom, close, volume, trades, marks)

    def to_bytes(self) -> bytes:
        """Return a packed, little-endian copy that `from_bytes` reads; 64 bytes a candle."""
        columns = (c.astype(c.dtype.newbyteorder("<")) for c in self.columns().values())
        return b"".join((_MARK, len(self).to_bytes(8, "little"), *(c.tobytes() for c in columns)))

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """Return the candles that `to_bytes` packed; raises `CorruptArtifact` for other bytes."""
        names = [field.name for field in fields(cls)]
        count = int.from_bytes(packed[len(_MARK) : _HEAD_BYTES], "little")
        if packed[: len(_MARK)] != _MARK or len(packed) != _HEAD_BYTES + 8 * count * len(names):
            raise CorruptArtifact("The packed candles are damaged or of another version.")
        kinds = {name: "<i8" if name in ("time", "trades", "flags") else "<f8" for name in names}
        step = 8 * count
        return cls(
            **{
                name: np.frombuffer(packed, kind, count, _HEAD_BYTES + step * n).copy()
                for n, (name, kind) in enumerate(kinds.items())
            }
        )
