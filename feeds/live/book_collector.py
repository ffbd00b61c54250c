"""Keep a venue's order books in step, and tell the best of each a few times a second."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from core.books.connection_books import ConnectionBooks
from core.books.kept_book import KeptBook
from core.books.levels import REPEATED_S, BookState, TopOfBook
from core.clock.times import now_ms
from core.errors import ExchangeRefused, TickcastError
from core.retry import RetryPolicy
from feeds.connector import BookConnector, Heard
from feeds.json_calls import JsonCalls
from feeds.live.exchange_listener import ExchangeListener
from feeds.live.figures import BookFigures
from feeds.live.together import first_ended

# At most four times a second, with room for what the way delays.
SPACING_S = 0.275
_LOOK_S = 0.02
_REFUSED_S = 60.0
_TIMEOUT_S = 15.0
# The book of a busy product is told in one message.
_LARGEST_FRAME = 64 << 20
_ASKING = RetryPolicy(first_s=0.5, longest_s=30.0)
_ENCODE = msgspec.json.Encoder().encode

Push = Callable[[str, bytes], None]


class _Told(NamedTuple):
    """What was last told of a book, and when (s)."""

    at: float
    top: TopOfBook


class _Asking(NamedTuple):
    """How often a snapshot was asked for in vain, and when (s) it may be again."""

    failures: int = 0
    due: float = 0.0


class BookCollector:
    """The books of some symbols; `push` takes the newest of each under its name.

    Over a connection of its own, so that nothing about books holds up trades. `exchange_url`
    (http or https) replaces the venue's own addresses.
    """

    def __init__(
        self,
        platform: str,
        venue: BookConnector,
        symbols: Sequence[str],
        push: Push,
        figures: BookFigures,
        exchange_url: str | None = None,
    ) -> None:
        self._venue, self._push, self._figures = venue, push, figures
        self._books = ConnectionBooks(symbols)
        self._told: dict[str, _Told] = {}
        self._asks = all(map(venue.snapshot_request, symbols))
        self._asking = dict.fromkeys(symbols, _Asking())
        self._calls = JsonCalls(
            platform,
            exchange_url or venue.rest_url,
            timeout_s=_TIMEOUT_S,
            pause_s=venue.rate_limit_ms / 1_000,
            asked_for="books",
        )
        self._listener = ExchangeListener(
            venue,
            symbols,
            self._heard,
            self._books.connected,
            figures,
            exchange_url=exchange_url,
            largest_frame=_LARGEST_FRAME,
        )

    async def run(self) -> None:
        """Go on for ever; books of an exchange that refuses them are asked for again later."""
        await first_ended(self._listen(), self._fetch(), self._tell())

    async def _listen(self) -> None:
        while True:
            try:
                await self._listener.run()
            except ExchangeRefused as error:
                self._figures.exchange_said = error.detail
            await asyncio.sleep(_REFUSED_S)

    async def _heard(self, frame: bytes, heard: Heard) -> None:
        books = [self._books.books.get(change.symbol) for change in heard.changes]
        before = sum(book.faults for book in books if book)
        whole = self._books.take(heard.number, heard.changes)
        broken = sum(book.faults for book in books if book) - before
        self._figures.anew += broken + (not whole)
        if (broken or not whole) and not self._asks:
            # A new subscription begins with whole books, and so does a new connection.
            raise ConnectionResetError("messages of a book were missed")

    async def _fetch(self) -> None:
        """Ask over REST for the books that want a snapshot, where the feed tells none."""
        while True:
            for symbol, book in self._books.books.items():
                wanted = self._figures.exchange_connected and book.wants_snapshot
                if wanted and time.monotonic() >= self._asking[symbol].due:
                    await self._ask(symbol, book)
            await asyncio.sleep(_LOOK_S)

    async def _ask(self, symbol: str, book: KeptBook) -> None:
        request = self._venue.snapshot_request(symbol)
        if request is None:
            return
        retry_after = None
        try:
            body = await asyncio.to_thread(self._calls.get, request.path, request.params)
            snapshot = self._venue.read_snapshot(symbol, body)
            # Where the connection has broken meanwhile, no changes would follow it.
            if self._figures.exchange_connected:
                book.take(snapshot._replace(time=snapshot.time or now_ms()))
        except (TickcastError, ValueError) as error:
            self._figures.exchange_said = str(error)[:120]
            retry_after = error.retry_after if isinstance(error, TickcastError) else None
        if not book.wants_snapshot:
            self._asking[symbol] = _Asking()
            return
        failures = self._asking[symbol].failures + 1
        luck = random.random()  # noqa: S311
        due = time.monotonic() + _ASKING.pause(failures, retry_after, luck)
        self._asking[symbol] = _Asking(failures, due)

    async def _tell(self) -> None:
        connected = False
        while True:
            if connected and not self._figures.exchange_connected:
                self._books.connected()
            connected = self._figures.exchange_connected
            for symbol, book in self._books.books.items():
                self._tell_one(symbol, book, time.monotonic())
            states = [book.state for book in self._books.books.values()]
            self._figures.books, self._figures.live = len(states), states.count(BookState.LIVE)
            await asyncio.sleep(_LOOK_S)

    def _tell_one(self, symbol: str, book: KeptBook, now: float) -> None:
        told = self._told.get(symbol)
        if told is not None and now - told.at < SPACING_S:
            return
        top = book.top()
        if top is None or (
            told is not None and now - told.at < REPEATED_S and _is_same(told.top, top)
        ):
            return
        self._told[symbol] = _Told(now, top)
        self._figures.told += 1
        self._push(symbol, _message(top))


def _is_same(one: TopOfBook, other: TopOfBook) -> bool:
    """Say whether readers would see no difference but of when."""
    return (one.bids, one.asks, one.state) == (other.bids, other.asks, other.state)


def _message(top: TopOfBook) -> bytes:
    """Return the generic message that a server takes."""
    told = {"type": "orderbook", **msgspec.structs.asdict(top), "time": top.time or now_ms()}
    return _ENCODE(told)
