"""A book in step with its exchange: begun by a snapshot, changed in order, begun anew at a hole.

The rules for numbered updates are those of developers.binance.com, "How to manage a local order
book correctly", for spot (`first`, `last`) and futures (`previous`). Levels are absolute, so an
update that begins before the present one and ends after it may be applied.
"""

from collections import deque
from decimal import Decimal

import msgspec

from core.books.changes import BookChange, BookSnapshot, BookUpdate
from core.books.levels import TOP, BookState, TopOfBook
from core.books.order_book import OrderBook, Side

# Updates that wait for their snapshot; of more the oldest are forgotten, which is a hole.
MOST_WAITING = 2_000


class KeptBook:
    """One market's book.

    `holes` counts updates that were missed, `crossed` books that could not be true, `shallow`
    those whose best levels reached to where the snapshot had ended: each begins the book anew.
    `repeated` counts what was told twice, `late` snapshots that were older than what waited.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.holes = self.crossed = self.shallow = self.repeated = self.late = 0
        self.state = BookState.WAITING
        self._book = OrderBook()
        # Whether every level is known, and if not, up to which prices (bids, asks).
        self._whole = False
        self._ends: tuple[Decimal | None, Decimal | None] = (None, None)
        self._waiting: deque[BookUpdate] = deque(maxlen=MOST_WAITING)
        self._number: int | None = None
        self._since_snapshot = self._time = 0
        self._right: TopOfBook | None = None
        self._changed = False

    @property
    def wants_snapshot(self) -> bool:
        """Whether it cannot begin, or go on, without the whole book."""
        return not self._whole

    @property
    def faults(self) -> int:
        """How often the book had to begin anew."""
        return self.holes + self.crossed + self.shallow

    def take(self, change: BookChange) -> None:
        """Take what the exchange said next."""
        if isinstance(change, BookSnapshot):
            if self._is_news(change):
                self._begin(change)
        elif self._whole:
            self._go_on(change)
        elif change.last is not None:
            self._waiting.append(change)

    def restart(self) -> None:
        """Begin anew: what comes next does not follow from what came before."""
        self._waiting.clear()
        self._lose()

    def top(self) -> TopOfBook | None:
        """Return the best levels; while it is not in step the last that were right, None before."""
        if self._changed and self.state is BookState.LIVE:
            self._changed = False
            bids, asks = self._book.bids.best(), self._book.asks.best()
            number = self._since_snapshot if self._number is None else self._number
            self._right = TopOfBook(self.symbol, bids, asks, self._time, number, self.state)
        return self._right

    def _is_news(self, snapshot: BookSnapshot) -> bool:
        """Say whether a snapshot tells more than is known; the best few do not of a whole book."""
        if self._whole or snapshot.best_only:
            known = self._number
            if known is not None and snapshot.number is not None and snapshot.number <= known:
                self.repeated += 1
                return False
            return not (self._whole and snapshot.best_only)
        later = [one for one in self._waiting if _is_later(one, snapshot.number)]
        if later and not _follows(later[0], snapshot.number):
            self.late += 1
            return False
        return True

    def _begin(self, snapshot: BookSnapshot) -> None:
        self._book.replace(snapshot.bids, snapshot.asks)
        if self._book.crossed:
            self.crossed += 1
            self._lose()
            return
        self.state, self._changed = BookState.LIVE, True
        self._number, self._time, self._since_snapshot = snapshot.number, snapshot.time, 0
        if snapshot.best_only:
            return
        self._whole = True
        most = snapshot.asked_for
        self._ends = (_end(self._book.bids, most), _end(self._book.asks, most))
        waiting, self._waiting = list(self._waiting), deque(maxlen=MOST_WAITING)
        for update in waiting:
            if _is_later(update, self._number):
                self.take(update)

    def _go_on(self, update: BookUpdate) -> None:
        if not _is_later(update, self._number):
            self.repeated += 1
            return
        if not _follows(update, self._number):
            self.holes += 1
            self._lose()
            self._waiting.append(update)
            return
        self._book.change(update.bids, update.asks)
        self._number = self._number if update.last is None else update.last
        self._since_snapshot += 1
        self._changed = True
        self._time = max(self._time, update.time)
        if self._book.crossed:
            self.crossed += 1
            self._lose()
        elif not (
            _is_known(self._book.bids, self._ends[0]) and _is_known(self._book.asks, self._ends[1])
        ):
            self.shallow += 1
            self._lose()

    def _lose(self) -> None:
        if self.state is BookState.LIVE:
            self.state = BookState.RESYNCING
        if self._right is not None:
            self._right = msgspec.structs.replace(self._right, state=self.state)
        self._whole, self._number = False, None


def _is_later(update: BookUpdate, number: int | None) -> bool:
    """Say whether an update holds something that a book of this number has not."""
    return number is None or update.last is None or update.last > number


def _follows(update: BookUpdate, number: int | None) -> bool:
    """Say whether nothing lies between a book of this number and a later update."""
    if number is None:
        return True
    if update.previous is not None:
        return update.previous <= number
    return update.first is None or update.first <= number + 1


def _end(side: Side, asked_for: int | None) -> Decimal | None:
    """Return the price behind which there may be levels that a snapshot did not tell."""
    return side.worst() if asked_for is not None and len(side) >= asked_for else None


def _is_known(side: Side, end: Decimal | None) -> bool:
    """Say whether the best levels all lie within what the snapshot told of."""
    return end is None or side.reaches(TOP, end)
