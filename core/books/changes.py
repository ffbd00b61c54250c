"""What exchanges say of a book: the whole of it, the best of it, or what has changed."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from core.books.levels import Level


class BookSnapshot(NamedTuple):
    """Every level of a book, or with `best_only` the best few, which hold no more than themselves.

    `number`: the exchange's of the last change in it, None where it has none. `asked_for`: how
    many levels a side were asked for, where there may be more behind them. `time` in epoch ms
    UTC, 0 where it is not told.
    """

    symbol: str
    bids: Sequence[Level]
    asks: Sequence[Level]
    time: int = 0
    number: int | None = None
    asked_for: int | None = None
    best_only: bool = False


class BookUpdate(NamedTuple):
    """Levels as they are now, those of size 0 gone; of the exchange's changes `first..last`.

    `previous`: the `last` of the update before, where the exchange says that. All three are
    None of an exchange whose order of messages is all there is.
    """

    symbol: str
    bids: Sequence[Level]
    asks: Sequence[Level]
    time: int = 0
    first: int | None = None
    last: int | None = None
    previous: int | None = None


BookChange: TypeAlias = BookSnapshot | BookUpdate
