"""Order books of simulated products, made around the last price, as the files hold none."""

import random
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from feeds.simulator.catalog import Product
from feeds.simulator.day_stats import day_stats, price_decimals, size_decimals
from feeds.simulator.feed import Every

# A level of price and size, as text.
Levels = list[tuple[str, str]]
STEP_S = 0.1
_REACH, _DEEP, _CHANGES_A_STEP = 60, 25, 6
_KEPT, _OLD = 5_000, 20


class Change(NamedTuple):
    """Levels as they are from now on, numbered `first..last`; `time` in epoch ms."""

    first: int
    last: int
    time: int
    bids: Levels
    asks: Levels


class Whole(NamedTuple):
    """A book as it is after the change `last`, best levels first."""

    last: int
    bids: Levels
    asks: Levels


class SimulatedBook:
    """One product's book, the same for all who listen; the same name gives the same course."""

    def __init__(self, product: Product) -> None:
        self._product = product
        # Not for secrets: a book must be repeatable.
        self._random = random.Random(product.symbol)  # noqa: S311
        self._decimals = price_decimals(product)
        self._sizes = size_decimals(product)
        self._bids: dict[int, str] = {}
        self._asks: dict[int, str] = {}
        self._changes: deque[Change] = deque(maxlen=_KEPT)
        self.count = 0
        self._last = 1_000
        self._pace = Every(STEP_S)
        self._old = Whole(self._last, [], [])

    def play(self) -> None:
        """Let the book change, if its time has come."""
        if self._pace.due() and (stats := day_stats(self._product)):
            self._step(round(stats.last * 10**self._decimals), stats.time)

    def since(self, count: int) -> list[Change]:
        """Return the changes after the first `count`, as far as they are kept."""
        behind = min(self.count - count, len(self._changes))
        return list(self._changes)[len(self._changes) - behind :]

    def whole(self, *, late: bool = False) -> Whole:
        """Return the book as it is now, or with `late` as it was a while ago."""
        if late:
            return self._old
        bids, asks = sorted(self._bids, reverse=True), sorted(self._asks)
        return Whole(
            self._last,
            [(self._price(tick), self._bids[tick]) for tick in bids],
            [(self._price(tick), self._asks[tick]) for tick in asks],
        )

    def crossing(self, change: Change) -> Change:
        """Return a change that tells besides of a bid which cannot be there."""
        above = self._price(min(self._asks, default=1) + 5)
        return change._replace(bids=[*change.bids, (above, self._size())])

    def _step(self, middle: int, time: int) -> None:
        if self.count % _OLD == 0:
            self._old = self.whole()
        bids = self._turn(self._bids, middle, -1)
        asks = self._turn(self._asks, middle, 1)
        first = self._last + 1
        self._last += self._random.randint(1, 5)
        self._changes.append(Change(first, self._last, time, bids, asks))
        self.count += 1

    def _turn(self, side: dict[int, str], middle: int, away: int) -> Levels:
        """Change one side, whose levels lie `away` (1 or -1) from the middle."""
        gone = [tick for tick in side if not 0 < (tick - middle) * away <= 2 * _REACH]
        fresh = [middle + away * n for n in range(1, _DEEP + 1) if middle + away * n not in side]
        some = [middle + away * self._random.randint(1, _REACH) for _ in range(_CHANGES_A_STEP)]
        told: dict[int, str] = dict.fromkeys(gone, self._size(nothing=True))
        told |= {tick: self._size() for tick in (*fresh, *some) if tick > 0}
        side |= told
        for tick in gone:
            del side[tick]
        return [(self._price(tick), size) for tick, size in told.items()]

    def _price(self, tick: int) -> str:
        return str(Decimal(tick).scaleb(-self._decimals))

    def _size(self, *, nothing: bool = False) -> str:
        units = 0 if nothing else self._random.randint(1, 10**self._sizes)
        return f"{Decimal(units).scaleb(-self._sizes):f}"


def open_books(products: Mapping[str, Product]) -> dict[str, SimulatedBook]:
    """Return a book of each product."""
    return {symbol: SimulatedBook(product) for symbol, product in products.items()}
