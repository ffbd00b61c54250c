"""What is told to listeners as it happens: one letter for the kind, then the content."""

from enum import StrEnum
from typing import Any

import msgspec

from core.clock.times import format_time
from core.series import flag_names
from storage.trades.aggregates import Aggregate


class LiveKind(StrEnum):
    """First letter of a message on a market's live channel."""

    TRADES = "T"
    CANDLES = "C"
    TICKER = "Q"
    ANOMALY = "A"
    SIGNAL = "S"
    BOOK = "B"


_ENCODE = msgspec.json.Encoder().encode


def candle_message(
    candles: dict[tuple[int, int], Aggregate], flags: dict[tuple[int, int], int]
) -> bytes:
    """Return the message of candles as they now are, by (resolution, opening)."""
    shown: list[dict[str, Any]] = [
        {
            "resolution": resolution,
            "time": format_time(opening * 1_000),
            "open": part.open,
            "high": part.high,
            "low": part.low,
            "close": part.close,
            "volume": part.volume,
            "trades": part.trades,
            "flags": flag_names(flags.get((resolution, opening), 0)),
        }
        for (resolution, opening), part in candles.items()
    ]
    return LiveKind.CANDLES.encode() + _ENCODE(shown)


def message(kind: LiveKind, content: Any) -> bytes:
    """Return the message of a struct."""
    return kind.encode() + _ENCODE(content)
