"""Fetch over REST the trades that a feed left out, and push them like the others."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping

from core.errors import TickcastError
from core.retry import RetryPolicy
from feeds.connector import FetchedTrade
from feeds.exchange_trades import ExchangeTrades
from feeds.live.figures import FeedFigures
from feeds.live.sequence import Missing, Sequence

# What is larger, or does not come after so many tries, is left to the server: it finds
# the same holes in its own ledger, and is patient.
LARGEST = 100_000
MOST_ATTEMPTS = 8
RETRYING = RetryPolicy(attempts=MOST_ATTEMPTS, first_s=0.5, longest_s=30.0)
LOOK_S = 0.2
AHEAD = 1_000  # ids that one call can bring

Pages = Iterator[list[FetchedTrade]]


def together(parts: list[Missing]) -> list[list[Missing]]:
    """Return parts, which ascend, in groups that one call of 1,000 ids can bring."""
    groups: list[list[Missing]] = []
    for part in parts:
        group = groups[-1] if groups else None
        if group and part.last - group[0].first < AHEAD and part.attempts == group[0].attempts:
            group.append(part)
        else:
            groups.append([part])
    return groups


class Refill:
    """Looks after the missing ids of all symbols, one range at a time."""

    def __init__(
        self,
        exchange: ExchangeTrades,
        sequences: Mapping[str, Sequence],
        push: Callable[[bytes], Awaitable[None]],
        figures: FeedFigures,
        policy: RetryPolicy = RETRYING,
    ) -> None:
        self._exchange, self._sequences = exchange, sequences
        self._push, self._figures, self._policy = push, figures, policy
        self._unsure: set[str] = set()

    def look_ahead(self) -> None:
        """Ask for trades after the newest as well: of a quiet market nobody else would tell."""
        self._unsure.update(self._sequences)

    async def run(self) -> None:
        """Fetch whatever is due, for ever."""
        while True:
            for symbol, sequence in self._sequences.items():
                if symbol in self._unsure and sequence.newest is not None:
                    self._unsure.discard(symbol)
                    await self._look(symbol, sequence, sequence.newest + 1)
                for parts in together(sequence.due(time.monotonic())):
                    await self._fill(symbol, sequence, parts)
                self._figures.of(symbol).missing = sum(part.count for part in sequence.missing)
            await asyncio.sleep(LOOK_S)

    async def _fill(self, symbol: str, sequence: Sequence, parts: list[Missing]) -> None:
        count = sum(part.count for part in parts)
        first, last, attempts = parts[0].first, parts[-1].last, parts[0].attempts
        if count > LARGEST or attempts >= self._policy.attempts:
            self._figures.of(symbol).left += count
            sequence.arrived(first, last)
            return
        retry_after = None
        try:
            await self._fetch(symbol, sequence, first, last)
        except TickcastError as error:
            self._figures.exchange_said, retry_after = error.detail, error.retry_after
        luck = random.random()  # noqa: S311
        pause = self._policy.pause(attempts + 1, retry_after, luck)
        sequence.postpone(first, last, time.monotonic() + pause)

    async def _look(self, symbol: str, sequence: Sequence, first: int) -> None:
        try:
            await self._fetch(symbol, sequence, first, first + AHEAD - 1)
        except TickcastError as error:
            # The next trade that is heard shows what is missing just as well.
            self._figures.exchange_said = error.detail

    async def _fetch(self, symbol: str, sequence: Sequence, first: int, last: int) -> None:
        """Push those trades of a range that the feed has not told meanwhile."""
        pages: Pages = self._exchange.pages(symbol, first, last)
        while page := await asyncio.to_thread(next, pages, None):
            for trade in page:
                if sequence.lacks(trade.trade_id):
                    await self._push(trade.as_message(symbol))
                    sequence.heard(trade.trade_id, trade.trade_id, time.monotonic())
                    self._figures.of(symbol).fetched += 1
