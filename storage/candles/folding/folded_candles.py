"""Candles of a length that is not held, joined of the longest that divide it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.clock.grids import Grid
from core.clock.openings import ends, opening_at
from core.clock.resolutions import HOUR
from core.clock.sessions import Sessions
from core.clock.times import now_ms
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles, Integers
from storage.candles.candle_store import CandleStore
from storage.candles.folding.longer_candles import longer_candles
from storage.candles.market_hours import MarketHours
from storage.candles.newest_finished import NewestCandles
from storage.candles.series_facts import SeriesFactsStore

# So many short candles are joined for one answer at most.
MOST_JOINED = 200_000
_GAP, _PARTIAL = int(CandleFlag.GAP), int(CandleFlag.PARTIAL)


class FoldedPage(NamedTuple):
    """Candles, oldest first; `more` says that others lie beyond them, whichever way was read.

    `source` is the length (s) of those that they are made of, None where they are held.
    `newest` is the opening (s) of the newest candle that is held or made, None without any.
    """

    candles: Candles
    more: bool
    source: int | None
    newest: int | None


class FoldedCandles:
    """Reads candles that are held or can be made. May raise `RedisUnavailable`."""

    def __init__(
        self,
        candles: CandleStore,
        facts: SeriesFactsStore,
        hours: MarketHours,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._candles = candles
        self._newest = NewestCandles(candles, counts=False)
        self._facts = facts
        self._hours = hours
        self._clock = clock

    def page(
        self,
        series: Series,
        start: int | None,
        end: int | None,
        limit: int,
        *,
        newest: bool,
        partial: bool = False,
    ) -> FoldedPage:
        """Return candles that open from `start` to before `end` (s): the first, or the newest.

        Of what is held only finished ones unless `partial`. Made ones are whole: what lacks a
        candle of an open market is marked as a gap, the last as partial.
        """
        last = None if end is None else end - 1
        # An unfinished one may be left out, and one beyond tells that there are more.
        found = self.read(series, start, last, limit + 2, newest)
        at_end = int(found.time[-1]) if newest and last is None and len(found) else None
        if at_end is None and (held := self._candles.ends([series])[0]):
            at_end = held[1]
        if at_end is not None:
            return _cut(found, limit, newest, partial, None, at_end)
        source = self.source(series)
        if source is None:
            return FoldedPage(Candles.empty(), False, None, None)
        return _Folding(self, series, source).page(start, end, limit, newest, partial)

    def read(
        self, series: Series, start: int | None, last: int | None, count: int, newest: bool
    ) -> Candles:
        """Return held candles as `CandleStore.read` does, without counts of trades.

        The newest of all stay at hand: they are what is asked for most.
        """
        if newest and start is None and last is None:
            return self._newest.get(series, count)
        return self._candles.read(series, start, last, count, newest, counts=False)

    def source(self, series: Series) -> Series | None:
        """Return the candles of the market that are the longest to make such ones."""
        fitting = [
            one
            for one in self._candles.all_series()
            if (one.platform, one.symbol) == (series.platform, series.symbol)
            and one.resolution < series.resolution
            and series.resolution % one.resolution == 0
        ]
        return max(fitting, key=lambda one: one.resolution, default=None)


class _Folding:
    """Joins the candles of one series for one answer."""

    def __init__(self, store: FoldedCandles, series: Series, source: Series) -> None:
        self._store, self._candles, self._hours = store, store._candles, store._hours
        self._now = store._clock() // 1_000
        self._series, self._source = series, source
        own, of_source = (facts.grid for facts in store._facts.all((series, source)))
        self._grid: Grid = of_source if own.is_plain else own
        # A day by a clock that changes may have an hour more.
        self._most = (series.resolution + HOUR) // source.resolution + 1

    def page(
        self, start: int | None, end: int | None, limit: int, newest: bool, partial: bool
    ) -> FoldedPage:
        step = self._series.resolution
        first = None if start is None else self._opening_from(start)
        stop = None if end is None else self._opening_from(end)
        limit = max(1, min(limit, MOST_JOINED // self._most - 2))
        count = (limit + 2) * self._most
        last = None if stop is None else stop - 1
        shorter = self._store.read(self._source, first, last, count, newest)
        (held,) = self._candles.ends([self._source])
        if held is None:
            return FoldedPage(Candles.empty(), False, self._source.resolution, None)
        top = opening_at(held[1], step, self._grid)
        cut = len(shorter) == count
        if len(shorter):
            shorter = self._from_a_whole_one(shorter, held[0], cut=cut and newest)
        if cut and not newest:
            # The last of them may lack what was not read.
            begun = opening_at(int(shorter.time[-1]), step, self._grid)
            shorter = shorter.take(shorter.time < begun)
        made = self._join(shorter, held[1])
        page = _cut(made, limit, newest, partial, self._source.resolution, top)
        return page._replace(more=page.more or cut)

    def _opening_from(self, second: int) -> int:
        """Return the first opening at or after an instant (s)."""
        opening = opening_at(second, self._series.resolution, self._grid)
        if opening == second:
            return opening
        return int(ends(np.array([opening], np.int64), self._series.resolution, self._grid)[0])

    def _from_a_whole_one(self, shorter: Candles, first: int, *, cut: bool) -> Candles:
        """Leave out the first longer candle if it lacks candles before them.

        Where they are the first of all (`first`, s) those of an open market, where the reading
        was `cut` there any.
        """
        step, opened = self._series.resolution, int(shorter.time[0])
        opening = opening_at(opened, step, self._grid)
        lacking = self._expected(opening, opened) if opened == first else cut
        if opened == opening or not lacking:
            return shorter
        return shorter.take(shorter.time >= self._opening_from(opened))

    def _join(self, shorter: Candles, held: int) -> Candles:
        if not len(shorter):
            return Candles.empty()
        step = self._source.resolution
        length = self._series.resolution
        made = longer_candles(shorter, step, length, self._grid, self._now, more=True)
        closes = ends(made.time, length, self._grid)
        starts = np.searchsorted(shorter.time, made.time)
        stops = np.append(starts[1:], len(shorter))
        before = self._missing(shorter.time)
        inner = np.add.reduceat(before, starts) - before[starts]
        lead = self._between(made.time, shorter.time[starts])
        trail = self._between(shorter.time[stops - 1] + step, closes)
        # More of the last may still come.
        unended = bool(trail[-1] > 0 and held < closes[-1])
        trail[-1] *= not unended
        flags = made.flags & ~_GAP | (inner + lead + trail > 0) * _GAP
        flags[-1] |= _PARTIAL * unended
        return made.replace(flags=flags)

    @property
    def _sessions(self) -> Sessions:
        return self._hours.sessions(self._source)

    def _missing(self, times: Integers) -> Integers:
        return np.maximum(self._sessions.missing_before(times), 0)

    def _between(self, since: Integers, until: Integers) -> Integers:
        """Return how many candles of an open market open from `since` to before `until` (s)."""
        pairs = np.stack([since - self._source.resolution, until], axis=1).ravel()
        return np.maximum(self._sessions.missing_before(pairs)[1::2], 0)

    def _expected(self, since: int, until: int) -> int:
        return int(self._between(np.array([since]), np.array([until]))[0])


def _cut(
    found: Candles, limit: int, newest: bool, partial: bool, source: int | None, top: int | None
) -> FoldedPage:
    """Return at most `limit` of some candles."""
    kept = found if partial else found.take(found.flags & _PARTIAL == 0)
    page = kept.take(slice(-limit, None) if newest else slice(0, limit))
    return FoldedPage(page, len(kept) > limit, source, top)
