"""Trades as columns of whole numbers: exact, compact, and quick to send."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.messages import IdKind
from storage.journal.scaled import to_floats

Ints = NDArray[np.int64]
_KINDS = tuple(IdKind)
_HEADER = struct.Struct("<BBBI")  # kind, price scale, size scale, count


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Trades of one symbol whose ids are of one kind.

    `time` is microseconds UTC, `price` and `size` are units of
    10**-`price_scale` (quote currency) and 10**-`size_scale` (base), `side` is 1
    where the taker bought, -1 where it sold, 0 where that is not told.
    `first_id` and `last_id` differ for aggregates only.
    """

    kind: IdKind
    price_scale: int
    size_scale: int
    first_id: Ints
    last_id: Ints
    time: Ints
    price: Ints
    size: Ints
    side: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, chosen: Any) -> "Trades":
        """Return the trades that a mask, a slice or an order of positions names."""
        return Trades(
            self.kind,
            self.price_scale,
            self.size_scale,
            self.first_id[chosen],
            self.last_id[chosen],
            self.time[chosen],
            self.price[chosen],
            self.size[chosen],
            self.side[chosen],
        )

    def in_order(self) -> "Trades":
        """Return the trades by time and, at one time, by id."""
        return self.take(np.lexsort((self.last_id, self.time)))

    def prices(self) -> NDArray[np.float64]:
        """Return prices in quote currency, correctly rounded."""
        return to_floats(self.price, self.price_scale)

    def sizes(self) -> NDArray[np.float64]:
        """Return sizes in base currency, correctly rounded."""
        return to_floats(self.size, self.size_scale)

    def to_bytes(self) -> bytes:
        """Return a header and the little-endian columns, differences where those are small."""
        header = _HEADER.pack(_KINDS.index(self.kind), self.price_scale, self.size_scale, len(self))
        columns = (
            _differences(self.first_id),
            self.last_id - self.first_id,
            _differences(self.time),
            _differences(self.price),
            self.size,
        )
        return b"".join(
            [header, *(c.astype("<i8").tobytes() for c in columns), self.side.tobytes()]
        )

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Trades":
        """Read what `to_bytes` wrote; raises `ValueError` when it is cut short."""
        kind, price_scale, size_scale, count = _HEADER.unpack_from(packed)
        columns = np.frombuffer(packed, "<i8", 5 * count, _HEADER.size).reshape(5, count)
        side = np.frombuffer(packed, np.int8, count, _HEADER.size + 40 * count)
        first_id = np.cumsum(columns[0])
        return cls(
            _KINDS[kind],
            price_scale,
            size_scale,
            first_id,
            first_id + columns[1],
            np.cumsum(columns[2]),
            np.cumsum(columns[3]),
            columns[4],
            side,
        )


def _differences(values: Ints) -> Ints:
    return np.diff(values, prepend=0)


def join_all(trades: dict[str, list[Trades]]) -> dict[str, list[Trades]]:
    """Return each symbol's batches with those joined that have kind and scales in common.

    Trades without ids stay apart: what came in one batch is how repetitions of
    them are told.
    """
    joined: dict[str, list[Trades]] = {}
    for symbol, parts in trades.items():
        alike: dict[tuple[object, ...], list[Trades]] = {}
        for number, part in enumerate(parts):
            apart = number if part.kind is IdKind.NONE else None
            key = (part.kind, part.price_scale, part.size_scale, apart)
            alike.setdefault(key, []).append(part)
        joined[symbol] = [_join(group) for group in alike.values()]
    return joined


def _join(parts: list[Trades]) -> Trades:
    first = parts[0]
    if len(parts) == 1:
        return first
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("first_id", "last_id", "time", "price", "size", "side")
    }
    return Trades(first.kind, first.price_scale, first.size_scale, **columns)
