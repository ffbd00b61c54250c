"""What a stream of candles is called, and the marks that a candle may carry."""

from enum import IntFlag
from typing import NamedTuple

import msgspec

from core.clock.resolutions import parse_resolution
from core.names import check_name


class Market(NamedTuple):
    """One symbol of one platform."""

    platform: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.symbol}"


class Series(msgspec.Struct, frozen=True, order=True):
    """Candles of one platform, symbol and resolution (seconds)."""

    platform: str
    symbol: str
    resolution: int

    def __str__(self) -> str:
        return f"{self.platform}:{self.symbol}:{self.resolution}"


class CandleFlag(IntFlag):
    """Marks on a candle; an ordinary finished candle has none.

    PARTIAL: not finished when stored; never trained on. GAP: trades are known
    to be missing. BACKFILLED: built or mended after the fact. REVISED: a
    finished candle whose values later changed. OPEN_OUTSIDE: the open lies
    outside low..high, as where candles open at the previous close.
    FROM_TRADES: built here from trades, not the exchange's own. QUIET: nothing
    was quoted or traded, so that its prices are the previous close.
    """

    PARTIAL = 1
    GAP = 2
    BACKFILLED = 4
    REVISED = 8
    OPEN_OUTSIDE = 16
    FROM_TRADES = 32
    QUIET = 64


def flag_names(flags: int) -> list[str]:
    """Return the marks as the lower-case words that the API shows."""
    return [flag.name.lower() for flag in CandleFlag(flags) if flag.name]


def make_series(platform: str, symbol: str, resolution: str | int) -> Series:
    """Check all three parts and return the series; raises `InvalidRequest`."""
    return Series(
        check_name(platform, "platform"),
        check_name(symbol, "symbol"),
        parse_resolution(resolution),
    )
