"""What recognising pushed messages yields: plain values per symbol, not yet numbers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

# A symbol that is new costs a tenth of a megabyte: a body may not name them without end.
MOST_SYMBOLS = 1_000


# What a connection was told of its channels: number -> kind and symbol. Some venues name
# the symbol once, at the subscription, and afterwards the channel's number only.
Channels: TypeAlias = dict[int, tuple[str, str]]

MOST_REASONS = 10


class IdKind(StrEnum):
    """Which sequence a trade's id belongs to; ids of two kinds say nothing of each other.

    TRADE: the exchange's trade ids. AGGREGATE: Binance `aggTrade`, whose own
    interval of trade ids is its first and last. NONE: no id at all; two
    identical trades of such a source, sent apart, cannot be told from one sent
    twice. SEQUENCE: the feed numbers its trades itself, without a hole.
    """

    TRADE = "trade"
    AGGREGATE = "aggregate"
    NONE = "none"
    SEQUENCE = "sequence"

    __hash__ = str.__hash__  # an enum's own is Python, and runs for every trade


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


class BookMessage(msgspec.Struct, frozen=True):
    """The best levels of a market, as a collector tells them; values may still be text."""

    index: int
    symbol: str
    time: Any
    sequence: Any
    state: str | None
    bids: bytes
    asks: bytes


class Rejection(msgspec.Struct, frozen=True):
    """A message that cannot be used, by its position in the request."""

    index: int
    reason: str


@dataclass
class Recognised:
    """All that requests or frames held, sorted by what it is.

    `total` counts messages. `ignored_for` says why messages were ignored that look like
    trades. `symbols_left` is how many more symbols may be named. `symbol` is that of trades
    and quotes which name none, as the request or the socket gave it. `likely` sorts messages of
    the venue that sent the last one.
    """

    trades: dict[tuple[str, IdKind], TradeMessages] = field(default_factory=dict)
    tickers: list[TickerMessage] = field(default_factory=list)
    books: list[BookMessage] = field(default_factory=list)
    ignored: int = 0
    ignored_for: dict[str, int] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    total: int = 0
    symbols_left: int = MOST_SYMBOLS
    symbol: str | None = None
    likely: Any = None
    _named: set[str] = field(default_factory=set)

    def add_trade(
        self,
        index: int,
        symbol: str,
        kind: IdKind,
        first_id: Any,
        last_id: Any,
        time: Any,
        price: Any,
        size: Any,
        taker_buys: bool | None,
    ) -> None:
        """Append one trade to its symbol's."""
        group = self.trades.get((symbol, kind))
        if group is None:
            if not self._admits(index, symbol):
                return
            group = self.trades[symbol, kind] = TradeMessages()
        # Not through `group.add`: a call more for each of a hundred thousand trades.
        group.index.append(index)
        group.first_id.append(first_id)
        group.last_id.append(last_id)
        group.time.append(time)
        group.price.append(price)
        group.size.append(size)
        group.taker_buys.append(taker_buys)

    def add_ticker(self, quote: TickerMessage) -> None:
        """Append one quote."""
        if self._admits(quote.index, quote.symbol):
            self.tickers.append(quote)

    def add_book(self, book: BookMessage) -> None:
        """Append the best levels of a market."""
        if self._admits(book.index, book.symbol):
            self.books.append(book)

    def _admits(self, index: int, symbol: str) -> bool:
        """Say whether one more symbol may be named, if it is one; else reject the message."""
        if symbol not in self._named:
            if not self.symbols_left:
                self.reject(index, f"more than {MOST_SYMBOLS:,} symbols at once; send it in parts")
                return False
            self.symbols_left -= 1
            self._named.add(symbol)
        return True

    def ignore(self, reason: str | None = None) -> None:
        """Count a message that is known and of no use; `reason` where it looks like a trade."""
        self.ignored += 1
        if reason is not None:
            self.ignored_for[reason] = self.ignored_for.get(reason, 0) + 1

    def reject(self, index: int, reason: str) -> None:
        """Note why a message cannot be used."""
        self.rejected.append(Rejection(index, reason))


class Acknowledgement(msgspec.Struct):
    """What a server says of the frames up to `seq` that it took from a socket.

    Trades and quotes are counted as accepted, messages as ignored or rejected; `reasons`
    counts the ten most frequent reasons of rejections.
    """

    platform: str
    timestamp: str
    seq: int
    accepted: int = 0
    ignored: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}


class FrameRefusal(msgspec.Struct):
    """Why a server did not take the frame `seq`."""

    platform: str
    timestamp: str
    seq: int
    error: str
    detail: str


def most_frequent(reasons: Iterable[str]) -> dict[str, int]:
    """Return how often each of the ten most frequent reasons was given."""
    return dict(Counter(reasons).most_common(MOST_REASONS))
