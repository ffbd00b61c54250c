"""Candles under construction from trades: exact, and the same in any order of arrival.

Each candle is summed up by its first and last trade (by time, then id), its
extremes, its exact volume and its count. Two such sums of different trades merge
to the sum of both, whichever came first, so that a late trade needs no history.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from storage.journal.columns import Ints, Trades

# Volumes are whole units of 10**-18: any size that a trade may have fits without rounding.
VOLUME_SCALE = 18
_LAYOUT = struct.Struct("<qqdqqdddq")
_HALF = 32


class Aggregate(NamedTuple):
    """One candle's trades summed up; prices in quote currency, times in microseconds.

    `first_id` and `last_id` are the `Trades.places` of the first and the last trade.
    """

    first_time: int
    first_id: int
    open: float
    last_time: int
    last_id: int
    close: float
    high: float
    low: float
    trades: int
    volume_units: int

    @property
    def volume(self) -> float:
        """Volume in base currency, correctly rounded from its exact value."""
        return float(self.volume_units / 10**VOLUME_SCALE)

    def merge(self, other: "Aggregate") -> "Aggregate":
        """Return the sum of both, which must hold different trades."""
        first = min(self, other, key=lambda a: (a.first_time, a.first_id))
        last = max(self, other, key=lambda a: (a.last_time, a.last_id))
        return Aggregate(
            first.first_time,
            first.first_id,
            first.open,
            last.last_time,
            last.last_id,
            last.close,
            max(self.high, other.high),
            min(self.low, other.low),
            self.trades + other.trades,
            self.volume_units + other.volume_units,
        )

    def to_bytes(self) -> bytes:
        """Return the fixed part and then the volume, which may be of any length."""
        units = self.volume_units
        return _LAYOUT.pack(*self[:9]) + units.to_bytes((units.bit_length() + 7) // 8, "little")

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Aggregate":
        """Read what `to_bytes` wrote."""
        units = int.from_bytes(packed[_LAYOUT.size :], "little")
        return cls._make((*_LAYOUT.unpack_from(packed), units))


def aggregate(trades: Trades, resolution: int) -> dict[int, Aggregate]:
    """Return for each candle's opening (s UTC) the sum of `trades`, which are in order."""
    if not len(trades):
        return {}
    opening = trades.time // (resolution * 1_000_000) * resolution
    starts = np.flatnonzero(np.diff(opening, prepend=opening[0] - 1))
    ends = np.append(starts[1:], len(trades)) - 1
    prices = trades.prices()
    first, last = trades.places()
    high, low = np.maximum.reduceat(prices, starts), np.minimum.reduceat(prices, starts)
    volumes = _exact_sums(trades.size, starts, 10 ** (VOLUME_SCALE - trades.size_scale))
    return {
        int(opening[a]): Aggregate(
            int(trades.time[a]),
            int(first[a]),
            float(prices[a]),
            int(trades.time[b]),
            int(last[b]),
            float(prices[b]),
            float(high[k]),
            float(low[k]),
            int(b - a + 1),
            volumes[k],
        )
        for k, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True))
    }


def coarser(fine: dict[int, Aggregate], opening_of: Callable[[int], int]) -> dict[int, Aggregate]:
    """Return longer candles from shorter ones that lie in them, by the openings of both."""
    merged: dict[int, Aggregate] = {}
    for opening, part in fine.items():
        coarse = opening_of(opening)
        merged[coarse] = merged[coarse].merge(part) if coarse in merged else part
    return merged


def _exact_sums(sizes: Ints, starts: NDArray[np.intp], factor: int) -> list[int]:
    """Sum whole units per candle without overflow: high and low halves apart."""
    high = np.add.reduceat(sizes >> _HALF, starts).tolist()
    low = np.add.reduceat(sizes & (2**_HALF - 1), starts).tolist()
    return [((h << _HALF) + l_) * factor for h, l_ in zip(high, low, strict=True)]
