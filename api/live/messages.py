"""Make of pushed messages what can be stored, and say of the others why not."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.errors import InvalidRequest, MalformedRequest
from core.messages import Recognised, Rejection, TickerMessage
from core.names import check_name
from core.platforms import raw_symbol
from feeds.messages import recognise
from storage.journal.columns import Trades
from storage.journal.convert import to_milliseconds, to_number, to_trades
from storage.trades.quarantine import Rejected
from storage.trades.tickers import Ticker


@dataclass
class LiveBatch:
    """What one request or flush brought, ready for the queue.

    `total` counts messages; `indices` names the message of each trade and quote
    that was accepted.
    """

    trades: dict[str, list[Trades]] = field(default_factory=dict)
    tickers: list[Ticker] = field(default_factory=list)
    total: int = 0
    ignored: int = 0
    indices: list[int] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    quarantined: list[Rejected] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """How many trades and quotes go to the queue."""
        return len(self.indices)

    def add(self, other: "LiveBatch") -> None:
        """Take in what another batch holds."""
        for symbol, parts in other.trades.items():
            self.trades.setdefault(symbol, []).extend(parts)
        self.tickers += other.tickers
        self.total += other.total
        self.ignored += other.ignored
        self.indices += other.indices
        self.rejected += other.rejected
        self.quarantined += other.quarantined


def read_messages(platform: str, body: bytes, now_ms: int) -> LiveBatch:
    """Return what the JSON of one message or a list of them holds.

    A symbol with a slash is mapped to how the platform writes it. Raises
    `MalformedRequest` when the body is no JSON object or list.
    """
    try:
        found = recognise(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedRequest("The message is not a JSON object or list of objects.") from None
    batch = LiveBatch(total=found.total, ignored=found.ignored, rejected=list(found.rejected))
    for (named, kind), messages in found.trades.items():
        symbol = raw_symbol(platform, named)
        if _is_bad_name(symbol):
            batch.rejected += [Rejection(index, _BAD_NAME) for index in messages.index]
            continue
        trades, rejected = to_trades(messages, kind, now_ms)
        batch.rejected += rejected
        batch.indices += _kept(messages.index, rejected)
        if len(trades):
            batch.trades.setdefault(symbol, []).append(trades)
    _add_tickers(batch, platform, found, now_ms)
    if batch.rejected:
        batch.rejected.sort(key=lambda rejection: rejection.index)
        batch.quarantined = _quarantined(body, batch.rejected, now_ms)
    return batch


_BAD_NAME = "the symbol is not 1 to 64 letters, digits, dots, underscores or hyphens"


def _kept(indices: list[int], rejected: list[Rejection]) -> list[int]:
    if not rejected:
        return indices
    left = Counter(indices)
    left.subtract(one.index for one in rejected)
    return list(left.elements())


def _add_tickers(batch: LiveBatch, platform: str, found: Recognised, now_ms: int) -> None:
    for message in found.tickers:
        ticker = _ticker(message, raw_symbol(platform, message.symbol), now_ms)
        if isinstance(ticker, Ticker):
            batch.tickers.append(ticker)
            batch.indices.append(message.index)
        else:
            batch.rejected.append(Rejection(message.index, ticker))


def _ticker(message: TickerMessage, symbol: str, now_ms: int) -> Ticker | str:
    """Return the quote, or why it cannot be used."""
    if _is_bad_name(symbol):
        return _BAD_NAME
    at = to_milliseconds(message.time, now_ms)
    if at is None:
        return "the ticker's time cannot be read or is impossible"
    values: dict[str, float | None] = {}
    for name in ("price", "bid", "ask", "volume_24h"):
        raw = getattr(message, name)
        # A book without bids or asks says so with a zero: that side is simply not told.
        values[name] = None if raw is None or raw in _NOTHING else to_number(raw)
        if raw is not None and raw not in _NOTHING and values[name] is None:
            return f"the ticker's {name} is not a number above zero"
    if all(value is None for value in values.values()):
        return "a ticker without any value"
    return Ticker(symbol, at, **values)


_NOTHING = ("", "0", "0.00000000", 0)


def _is_bad_name(symbol: str) -> bool:
    try:
        check_name(symbol, "symbol")
    except InvalidRequest:
        return True
    return False


def _quarantined(body: bytes, rejected: list[Rejection], now_ms: int) -> list[Rejected]:
    """Return the rejected messages with their own text."""
    texts: Any = [msgspec.Raw(body)]
    if body.lstrip()[:1] == b"[":
        texts = msgspec.json.decode(body, type=list[msgspec.Raw])
    return [
        Rejected(now_ms, one.reason, bytes(texts[one.index]).decode(errors="replace"))
        for one in rejected
    ]
