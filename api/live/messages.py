"""Make of pushed messages what can be stored, and say of the others why not."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec

from core.books.levels import BookState, TopOfBook, is_crossed, read_side
from core.errors import InvalidRequest, MalformedRequest
from core.messages import BookMessage, Channels, Recognised, Rejection, TickerMessage
from core.names import check_name
from core.platforms import raw_symbol
from feeds.messages import decode_alike as decode_alike
from feeds.messages import message_texts, recognise
from storage.journal.columns import Trades
from storage.journal.convert import is_nothing, to_milliseconds, to_number, to_trades
from storage.live.quarantine import EXCERPT, MOST_HELD, Rejected
from storage.trades.tickers import Ticker


@dataclass
class LiveBatch:
    """What one request or flush brought, ready for the queue.

    `total` counts messages; `indices` names the message of each trade, quote
    and book that was accepted. `ignored_for` says why messages were ignored that look like trades.
    `quarantined` holds the newest of the rejected messages, as many as are kept.
    """

    trades: dict[str, list[Trades]] = field(default_factory=dict)
    tickers: list[Ticker] = field(default_factory=list)
    books: list[TopOfBook] = field(default_factory=list)
    total: int = 0
    ignored: int = 0
    ignored_for: dict[str, int] = field(default_factory=dict)
    indices: list[int] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    quarantined: list[Rejected] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """How many trades, quotes and books are taken."""
        return len(self.indices)


def read_messages(
    platform: str, body: bytes, now_ms: int, request: str = "", symbol: str | None = None
) -> LiveBatch:
    """Return what the JSON of one message or a list of them holds.

    `request` names the request, so that trades without ids are told from the same ones
    of another. `symbol` is that of trades and quotes that name none.
    Raises `MalformedRequest` when the body is no JSON object or list, `TooLarge` when it
    holds too many messages.
    """
    found = Recognised()
    recognise_text(body, found, symbol=symbol)
    return to_batch(platform, found, [body], [0], now_ms, request)


def recognise_text(
    body: bytes,
    found: Recognised,
    channels: Channels | None = None,
    symbol: str | None = None,
    known: Any = None,
) -> None:
    """Add a text's messages to `found`; raises like `read_messages`, and then adds none."""
    try:
        recognise(body, found, channels, symbol, known)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedRequest("The message is not a JSON object or list of objects.") from None


def to_batch(
    platform: str,
    found: Recognised,
    bodies: Sequence[bytes],
    starts: Sequence[int],
    now_ms: int,
    request: str = "",
) -> LiveBatch:
    """Return what can be stored of recognised messages, and why the others cannot.

    `bodies` are the texts that they came in, and `starts` the indices at which those begin.
    A symbol with a slash is mapped to how the platform writes it.
    """
    batch = LiveBatch(
        total=found.total,
        ignored=found.ignored,
        ignored_for=found.ignored_for,
        rejected=list(found.rejected),
    )
    for (named, kind), messages in found.trades.items():
        symbol = raw_symbol(platform, named)
        if _is_bad_name(symbol):
            batch.rejected += [Rejection(index, _BAD_NAME) for index in messages.index]
            continue
        trades, rejected = to_trades(messages, kind, now_ms, request, starts)
        batch.rejected += rejected
        batch.indices += _kept(messages.index, rejected)
        if trades:
            batch.trades.setdefault(symbol, []).extend(trades)
    _add_tickers(batch, platform, found, now_ms)
    _add_books(batch, platform, found, now_ms)
    if batch.rejected:
        batch.rejected.sort(key=lambda rejection: rejection.index)
        newest = batch.rejected[-MOST_HELD:]
        batch.quarantined = _quarantined(bodies, starts, newest, now_ms)
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
        values[name] = to_number(raw)
        if values[name] is None and not is_nothing(raw):
            return f"the ticker's {name} is not a number above zero"
    if all(value is None for value in values.values()):
        return "a ticker without any value"
    return Ticker(symbol, at, **values)


def _add_books(batch: LiveBatch, platform: str, found: Recognised, now_ms: int) -> None:
    newest: dict[str, TopOfBook] = {}
    for message in found.books:
        try:
            book = _book(message, raw_symbol(platform, message.symbol), now_ms)
        except ValueError as error:
            batch.rejected.append(Rejection(message.index, f"the orderbook has {error}"))
        else:
            newest[book.symbol] = book
            batch.indices.append(message.index)
    batch.books += newest.values()


def _book(message: BookMessage, symbol: str, now_ms: int) -> TopOfBook:
    """Return the best levels of a market; raises `ValueError` with what is wrong with them."""
    if _is_bad_name(symbol):
        raise ValueError(f"a symbol that is none: {_BAD_NAME}")
    at = to_milliseconds(message.time, now_ms)
    if at is None:
        raise ValueError("a time that cannot be read or is impossible")
    if not isinstance(message.sequence, int) or not 0 <= message.sequence < 2**63:
        raise ValueError("a sequence that is no whole number from 0 on")
    if message.state not in _PUSHED_STATES:
        raise ValueError("a state that is neither live nor resyncing")
    bids = read_side(message.bids, descending=True)
    asks = read_side(message.asks, descending=False)
    if is_crossed(bids, asks):
        raise ValueError("a bid that is not below the best ask")
    return TopOfBook(symbol, bids, asks, at, message.sequence, BookState(message.state))


_PUSHED_STATES = (BookState.LIVE, BookState.RESYNCING)


def _is_bad_name(symbol: str) -> bool:
    try:
        check_name(symbol, "symbol")
    except InvalidRequest:
        return True
    return False


def _quarantined(
    bodies: Sequence[bytes], starts: Sequence[int], rejected: list[Rejection], now_ms: int
) -> list[Rejected]:
    """Return rejected messages, which are in order, with their own text."""
    told = []
    for place, of_body in groupby(rejected, lambda one: bisect_right(starts, one.index) - 1):
        texts = message_texts(bodies[place])
        for one in of_body:
            text = texts[one.index - starts[place]][: 4 * EXCERPT]
            told.append(Rejected(now_ms, one.reason, text.decode(errors="replace")))
    return told
