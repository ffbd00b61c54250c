"""Finished candles of which two sources say different things."""

from typing import Any

import msgspec

from core.series import Market
from storage import keys

MOST_DIFFERENCES = 1_000


class CandleValues(msgspec.Struct, frozen=True):
    """A candle's values: prices in quote, volume in base currency; trades None if not told."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int | None = None


class Difference(msgspec.Struct, frozen=True):
    """A finished candle of which two sources say different things; `time` is its opening (s UTC).

    `noted_at` is epoch ms.
    """

    noted_at: int
    resolution: int
    time: int
    ours: CandleValues
    theirs: CandleValues


_ENCODE = msgspec.json.Encoder().encode


def note_command(market: Market, difference: Difference) -> list[Any]:
    """Return the command that keeps a difference, for whatever transaction it belongs to."""
    bound = ("MAXLEN", MOST_DIFFERENCES)
    return ["XADD", keys.quality_log(*market), *bound, "*", "d", _ENCODE(difference)]
