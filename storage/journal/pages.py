"""A page of trades in order, and what was put in order beyond it, for the next pages."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.messages import IdKind
from storage.journal.columns import Ints, Trades

_SIDES = {1: "buy", -1: "sell", 0: None}


class TradeRow(NamedTuple):
    """One trade as a caller sees it: time in microseconds UTC, the taker's side.

    `trade_id` is None for sources without ids; `last_trade_id` is told for
    aggregates only.
    """

    trade_id: int | None
    time: int
    price: float
    size: float
    side: str | None
    last_trade_id: int | None


class Position(NamedTuple):
    """A place between two trades: behind `passed` trades of one time (microseconds) and id."""

    time: int
    id: int
    passed: int


Columns = tuple[
    list[int | None], list[int], list[float], list[float], list[str | None], list[int | None]
]


class TradePage(NamedTuple):
    """Trades in order, in columns, and where the next page begins; None at the end.

    The columns are those of `TradeRow`.
    """

    trade_id: list[int | None]
    time: list[int]
    price: list[float]
    size: list[float]
    side: list[str | None]
    last_trade_id: list[int | None]
    next_position: Position | None

    @property
    def columns(self) -> Columns:
        """The columns alone."""
        return self[:-1]

    @property
    def rows(self) -> list[TradeRow]:
        """The trades one by one."""
        return list(map(TradeRow, *self.columns))


class NearestTrades:
    """Trades of `begin..end` (microseconds), of which only the first `count` and one more matter.

    None later than `until` is among these.
    """

    def __init__(self, begin: int, end: int, count: int) -> None:
        self.until = end
        self._begin, self._count = begin, count
        self._held = 0
        self._times: list[Ints] = []

    def add(self, time: Ints) -> None:
        """Note the times of more trades, in any order."""
        self._times.append(time[time >= self._begin])
        self._held += len(self._times[-1])
        if self._held > self._count:
            nearest = np.sort(np.concatenate(self._times), kind="stable")[: self._count + 1]
            self.until, self._times, self._held = int(nearest[-1]), [nearest], len(nearest)


class Stretch(NamedTuple):
    """All trades of `begin..until` (microseconds, both included), in order, in columns.

    Trades of one instant go by `place`; `identity` is empty (0) where `kind` has none.
    """

    begin: int
    until: int
    kind: NDArray[np.int8]
    identity: Ints
    last: Ints
    place: Ints
    time: Ints
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    side: NDArray[np.int8]

    @classmethod
    def of(cls, parts: Sequence[Trades], begin: int, until: int) -> "Stretch":
        """Return those of some batches that lie in a span."""
        inside = [part.take((part.time >= begin) & (part.time <= until)) for part in parts]
        inside = [part for part in inside if len(part)]
        lengths = [len(part) for part in inside]
        kinds = np.array([_KINDS.index(part.kind) for part in inside], np.int8)
        time: Ints = _joined([part.time for part in inside], np.int64)
        place: Ints = _joined([part.places()[1] for part in inside], np.int64)
        order = np.lexsort((place, time))
        return cls(
            begin=begin,
            until=until,
            kind=np.repeat(kinds, lengths)[order],
            identity=_joined([part.first_id for part in inside], np.int64)[order],
            last=_joined([part.last_id for part in inside], np.int64)[order],
            place=place[order],
            time=time[order],
            price=_joined([part.prices() for part in inside], np.float64)[order],
            size=_joined([part.sizes() for part in inside], np.float64)[order],
            side=_joined([part.side for part in inside], np.int8)[order],
        )

    def passed(self, begin: int, after: Position | None) -> int:
        """Return how many come before a page that begins at an instant, or after a position."""
        first = int(np.searchsorted(self.time, begin))
        if after is None or begin > after.time:
            return first
        same = slice(first, int(np.searchsorted(self.time, after.time, "right")))
        earlier = int((self.place[same] < after.id).sum())
        alike = int((self.place[same] == after.id).sum())
        return first + earlier + min(alike, after.passed)

    def page(self, first: int, limit: int, end: int) -> TradePage | None:
        """Return at most `limit` trades from a place on, up to an instant; None if more may come.

        That is where the next trade after them lies beyond the stretch.
        """
        over = int(np.searchsorted(self.time, end, "right"))
        if over - first <= limit and end > self.until:
            return None
        last = min(first + limit, over)
        return TradePage(
            *self._columns(slice(first, last)), self._behind(last) if over > last else None
        )

    def _behind(self, count: int) -> Position:
        """Return the position behind the first `count` trades."""
        time, place = int(self.time[count - 1]), int(self.place[count - 1])
        same = slice(int(np.searchsorted(self.time, time)), count)
        return Position(time, place, int((self.place[same] == place).sum()))

    def _columns(self, chosen: slice) -> Columns:
        kind, side = self.kind[chosen], map(_SIDES.get, self.side[chosen].tolist())
        columns = (
            self.time[chosen].tolist(),
            self.price[chosen].tolist(),
            self.size[chosen].tolist(),
        )
        identity, last = self.identity[chosen].astype(object), self.last[chosen].astype(object)
        identity[kind == _NONE], last[kind != _AGGREGATE] = None, None
        return identity.tolist(), *columns, list(side), last.tolist()


_KINDS = tuple(IdKind)
_NONE, _AGGREGATE = _KINDS.index(IdKind.NONE), _KINDS.index(IdKind.AGGREGATE)


def _joined(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)
