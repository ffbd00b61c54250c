"""Bring a venue's trades and quotes to a server, none lost, whatever breaks; and its books."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from core.names import check_name
from core.platforms import raw_symbol
from core.retry import RetryPolicy
from feeds.connector import Heard
from feeds.exchange_trades import ExchangeTrades
from feeds.live import sequence
from feeds.live.book_collector import BookCollector
from feeds.live.exchange_listener import ExchangeListener
from feeds.live.figures import FeedFigures
from feeds.live.refill import Refill
from feeds.live.server_push import ServerPush
from feeds.live.together import ended, first_ended, is_set
from feeds.venues import BOOKS, find_connector

DRAIN_S = 5.0
# Few tries at a time: what fails is due again, and others get their turn meanwhile.
ASKING = RetryPolicy(attempts=2, first_s=0.3)


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """What to collect, from where, to where.

    `exchange_url` (http or https) replaces the venue's own addresses, of the
    feed and of REST alike; a simulator's, say.
    """

    platform: str
    symbols: Sequence[str]
    server_url: str
    api_key: str | None = None
    exchange_url: str | None = None
    tickers: bool = True
    books: bool = True


class Collector:
    """Listens, pushes, and fetches what the feed left out.

    Raises `NotFound` for a platform without connector.
    """

    def __init__(self, options: FeedOptions) -> None:
        venue = find_connector(options.platform)
        raw = [raw_symbol(options.platform, symbol).upper() for symbol in options.symbols]
        symbols = list(dict.fromkeys(check_name(symbol, "symbol") for symbol in raw))
        self.figures = FeedFigures()
        for symbol in symbols:
            self.figures.of(symbol)
        self._sequences = {symbol: sequence.Sequence() for symbol in symbols}
        self._push = ServerPush(options.server_url, options.platform, options.api_key, self.figures)
        exchange = ExchangeTrades(options.platform, base_url=options.exchange_url, policy=ASKING)
        self._refill = Refill(exchange, self._sequences, self._push.push, self.figures)
        self._listener = ExchangeListener(
            venue,
            symbols,
            self._heard,
            self._refill.look_ahead,
            self.figures,
            exchange_url=options.exchange_url,
            tickers=options.tickers,
        )
        venue_books = BOOKS.get(options.platform) if options.books else None
        self._books = venue_books and BookCollector(
            options.platform,
            venue_books,
            symbols,
            self._push.push_newest,
            self.figures.books,
            options.exchange_url,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Collect until `stop` is set, then wait 5 s at most for the last acknowledgements.

        Raises `ExchangeRefused`, `Unauthorized` or `Forbidden` when trying again
        cannot help.
        """
        pushing = asyncio.ensure_future(self._push.run())
        # Whatever becomes of books, trades go on.
        booking = asyncio.ensure_future(self._books.run()) if self._books else None
        try:
            await first_ended(
                self._listener.run(), self._refill.run(), ended(pushing), is_set(stop)
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_S):
                    await first_ended(self._push.drained(), ended(pushing))
        finally:
            works = [pushing] if booking is None else [pushing, booking]
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)

    async def _heard(self, frame: bytes, heard: Heard) -> None:
        now = time.monotonic()
        if heard.keep:
            await self._push.push(frame)
        for trade in heard.trades:
            if (ids := self._sequences.get(trade.symbol)) is not None:
                market = self.figures.of(trade.symbol)
                ids.heard(trade.first_id, trade.last_id, now)
                market.newest_id = ids.newest
                market.trades += 1
                market.rate.add()
                if trade.time_ms:
                    market.lag_ms = round(time.time() * 1_000) - trade.time_ms
        for symbol, newest in heard.newest:
            if (ids := self._sequences.get(symbol)) is not None:
                ids.exists(newest, now)
