"""Trades as columns of whole numbers: exact, compact, and quick to send."""

import struct
from collections import Counter
from dataclasses import dataclass, replace
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
    `first_id` and `last_id` are equal where there are ids, but for aggregates.
    Without ids `first_id` is a label (of the request, or of the text that names
    the trade; else 0), and `last_id` is that and the trade's place, from 0, among
    those of its request that are the same.
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

    def with_ids(self, kind: IdKind, first_id: Ints, last_id: Ints) -> "Trades":
        """Return the same trades under other ids."""
        return replace(self, kind=kind, first_id=first_id, last_id=last_id)

    def without_ids(self, label: Ints, origin: Ints | None = None) -> "Trades":
        """Return the same trades named by their label, and their place among the same ones.

        Only those of one `origin`, a request or a frame, are counted together.
        """
        seen: Counter[tuple[Any, ...]] = Counter()
        place = np.zeros(len(self), dtype=np.int64)
        if len(np.unique(self.time)) < len(self):
            origins = (label if origin is None else origin).tolist()
            rows = zip(origins, label.tolist(), self.contents(), strict=True)
            for at, row in enumerate(rows):
                place[at] = seen[row]
                seen[row] += 1
        return self.with_ids(IdKind.NONE, label, label + place)

    def places(self) -> tuple[Ints, Ints]:
        """Return by what trades of one instant are ordered, at their beginning and end: ids.

        Without ids it is the price (as the bits of its float, which order alike),
        so that order does not depend on which came first.
        """
        if self.kind is not IdKind.NONE:
            return self.first_id, self.last_id
        bits = self.prices().view(np.int64)
        return bits, bits

    def in_order(self) -> "Trades":
        """Return the trades by time and, at one time, by their places."""
        return self.take(np.lexsort((self.places()[1], self.time)))

    def contents(self) -> list[tuple[int, float, float, int]]:
        """Return (time, price, size, side) of each trade: what it is without its id."""
        columns = (self.time, self.prices(), self.sizes(), self.side)
        return list(zip(*(column.tolist() for column in columns), strict=True))

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
    """Return each symbol's batches with those joined that have kind and scales in common."""
    joined: dict[str, list[Trades]] = {}
    for symbol, parts in trades.items():
        alike: dict[tuple[object, ...], list[Trades]] = {}
        for part in parts:
            key = (part.kind, part.price_scale, part.size_scale)
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
