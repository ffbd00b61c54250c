"""What recognising pushed messages yields: plain values per symbol, not yet numbers."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec


class IdKind(StrEnum):
    """Which sequence a trade's id belongs to; ids of two kinds say nothing of each other.

    TRADE: the exchange's trade ids. AGGREGATE: Binance `aggTrade`, whose own
    interval of trade ids is its first and last. NONE: no id at all; two
    identical trades of such a source cannot be told from one sent twice.
    """

    TRADE = "trade"
    AGGREGATE = "aggregate"
    NONE = "none"


class TradeMessages:
    """Columns of one symbol's trades as they came: numbers may still be text.

    `first_id` and `last_id` are equal but for aggregates; both are 0 without ids.
    `taker_buys` is True, False or None (not told). `index` is the position of
    the message in the request.
    """

    __slots__ = ("first_id", "index", "last_id", "price", "size", "taker_buys", "time")

    def __init__(self) -> None:
        self.first_id: list[Any] = []
        self.last_id: list[Any] = []
        self.time: list[Any] = []
        self.price: list[Any] = []
        self.size: list[Any] = []
        self.taker_buys: list[bool | None] = []
        self.index: list[int] = []

    def add(
        self,
        index: int,
        ids: tuple[Any, Any],
        time: Any,
        price: Any,
        size: Any,
        taker_buys: bool | None,
    ) -> None:
        """Append one trade."""
        self.index.append(index)
        self.first_id.append(ids[0])
        self.last_id.append(ids[1])
        self.time.append(time)
        self.price.append(price)
        self.size.append(size)
        self.taker_buys.append(taker_buys)

    def __len__(self) -> int:
        return len(self.index)


class TickerMessage(msgspec.Struct, frozen=True):
    """One quote; values may still be text, and any may be None."""

    index: int
    symbol: str
    time: Any
    price: Any
    bid: Any
    ask: Any
    volume_24h: Any


class Rejection(msgspec.Struct, frozen=True):
    """A message that cannot be used, by its position in the request."""

    index: int
    reason: str


@dataclass
class Recognised:
    """All that one request or frame held, sorted by what it is."""

    trades: dict[tuple[str, IdKind], TradeMessages] = field(default_factory=dict)
    tickers: list[TickerMessage] = field(default_factory=list)
    ignored: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    total: int = 0
