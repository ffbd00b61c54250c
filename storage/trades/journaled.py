"""Compare trades with what the journal and its files hold: repetitions, and others of their id."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.messages import IdKind
from storage.journal.columns import Trades
from storage.journal.query import TradeReader

# A feed and the exchange's REST may tell a time at different precision (microseconds).
_PRECISION = 1_000
# Times no further apart than this (ms) are looked up in one go.
_PAUSE_MS = 60_000

Row = tuple[int, int, float, float, int]


class JournaledTrades:
    """Looks trades up by their time, however old they are."""

    def __init__(self, reader: TradeReader) -> None:
        self._reader = reader

    def unheld(
        self, platform: str, symbol: str, batch: Trades, before: Sequence[Trades], newest: int
    ) -> NDArray[np.bool_]:
        """Return for each trade without an id whether it is not held yet.

        Two such trades are the same when label, time, price, size and side are, and
        their place among the same ones of their request. `before` is what is about to
        be journaled ahead of the batch; nothing is held behind `newest` (microseconds).
        """
        held: Counter[Row] = Counter()
        older = batch.take(batch.time <= newest)
        wanted = np.unique(batch.time)
        for part in (*self._around(platform, symbol, older), *before):
            held.update(_rows(part.take(np.isin(part.time, wanted))))
        fresh = np.ones(len(batch), dtype=np.bool_)
        if not held and len(wanted) == len(batch):
            return fresh
        places = (batch.last_id - batch.first_id).tolist()
        for at, (place, row) in enumerate(zip(places, _rows(batch), strict=True)):
            fresh[at] = place >= held[row]
            held[row] += bool(fresh[at])
        return fresh

    def forgotten(self, platform: str, symbol: str, trades: Trades) -> NDArray[np.bool_]:
        """Return for each trade whether those of its time are not kept any more."""
        if not len(trades):
            return np.zeros(0, dtype=np.bool_)
        return np.asarray(trades.time < self._reader.kept_from(platform, symbol) * 1_000)

    def others(
        self, platform: str, symbol: str, known: Trades, before: Sequence[Trades]
    ) -> NDArray[np.bool_]:
        """Return for each trade under a known id whether another trade has that id.

        It is a repetition where one of the same id, price and size is held at its
        time, or one of the other kind of id that holds it or is held by it. Of a time
        whose trades are not kept any more it is taken for a repetition.
        """
        parts = [*self._around(platform, symbol, known), *before]
        found = self.forgotten(platform, symbol, known)
        price, size = known.prices(), known.sizes()
        for part in parts:
            if part.kind is IdKind.NONE or not len(part):
                continue
            order = np.argsort(part.first_id, kind="stable")
            own = part.take(order)
            own_price, own_size = own.prices(), own.sizes()
            low = np.searchsorted(own.last_id, known.first_id)
            reached = own.first_id[np.minimum(low, len(own) - 1)] <= known.last_id
            for at in np.flatnonzero(~found & reached & (low < len(own))).tolist():
                row = int(low[at])
                while row < len(own) and own.first_id[row] <= known.last_id[at]:
                    same = (
                        own_price[row] == price[at]
                        and own_size[row] == size[at]
                        and own.first_id[row] == known.first_id[at]
                    )
                    near = abs(int(own.time[row]) - int(known.time[at])) < _PRECISION
                    found[at] |= near and (same or _of_another_kind(own, known))
                    row += 1
        return ~found

    def _around(self, platform: str, symbol: str, trades: Trades) -> Iterator[Trades]:
        """Yield what is held about the times of trades."""
        if not len(trades):
            return
        ms = np.unique(trades.time // 1_000)
        starts = np.flatnonzero(np.diff(ms, prepend=ms[0] - 2 * _PAUSE_MS) > _PAUSE_MS)
        ends = np.append(starts[1:], len(ms)) - 1
        for first, last in zip(ms[starts].tolist(), ms[ends].tolist(), strict=True):
            yield from self._reader.between(platform, symbol, first - 1, last + 1)


def _of_another_kind(held: Trades, known: Trades) -> bool:
    return (held.kind is IdKind.AGGREGATE) != (known.kind is IdKind.AGGREGATE)


def _rows(trades: Trades) -> list[Row]:
    return [
        (label, *row)
        for label, row in zip(trades.first_id.tolist(), trades.contents(), strict=True)
    ]
