"""The levels of one market, sorted; no knowledge of exchanges, numbers of messages or time."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice

from core.books.levels import TOP, Level, Levels, is_crossed, plain

# What lies farther from the best than so many levels is forgotten.
MOST_LEVELS = 100_000


class Side:
    """Bids or asks by price; bids are kept under their negated price, so that the best is first."""

    def __init__(self, *, descending: bool) -> None:
        # Arithmetic would round what is longer than 28 digits.
        self._place = self._price = Decimal.copy_negate if descending else Decimal.copy_abs
        self._sizes: dict[Decimal, Decimal] = {}
        self._places: list[Decimal] = []

    def __len__(self) -> int:
        return len(self._places)

    def replace(self, levels: Iterable[Level]) -> None:
        """Hold these levels and no other; of a price that is given twice the last."""
        given = {self._place(price): size for price, size in levels}
        self._sizes = {place: size for place, size in given.items() if size}
        self._places = sorted(self._sizes)
        self._forget_far()

    def change(self, levels: Iterable[Level]) -> None:
        """Set the sizes of levels; one of size 0 is taken away, whether or not it is held."""
        for price, size in levels:
            place = self._place(price)
            if not size:
                if self._sizes.pop(place, None) is not None:
                    del self._places[bisect_left(self._places, place)]
                continue
            if place not in self._sizes:
                insort(self._places, place)
            self._sizes[place] = size
        self._forget_far()

    def best(self, count: int = TOP) -> Levels:
        """Return the best levels, best first."""
        return tuple(
            (plain(self._price(place)), plain(self._sizes[place]))
            for place in islice(self._places, count)
        )

    def reaches(self, count: int, price: Decimal) -> bool:
        """Say whether there are so many levels that are no worse than a price."""
        limit = self._place(price)
        return len(self._places) >= count and self._places[count - 1] <= limit

    def worst(self) -> Decimal | None:
        """Return the price of the last level."""
        return self._price(self._places[-1]) if self._places else None

    def _forget_far(self) -> None:
        for place in self._places[MOST_LEVELS:]:
            del self._sizes[place]
        del self._places[MOST_LEVELS:]


class OrderBook:
    """Both sides of one market."""

    def __init__(self) -> None:
        self.bids, self.asks = Side(descending=True), Side(descending=False)

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Hold these levels and no other."""
        self.bids.replace(bids)
        self.asks.replace(asks)

    def change(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set the sizes of levels; one of size 0 is taken away."""
        self.bids.change(bids)
        self.asks.change(asks)

    @property
    def crossed(self) -> bool:
        """Whether the best bid is not below the best ask."""
        return is_crossed(self.bids.best(1), self.asks.best(1))
