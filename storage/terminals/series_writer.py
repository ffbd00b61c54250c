"""Candles of a terminal, written with what lies between them and with what is made of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import redis

from core.brokers.clock import BrokerClock
from core.brokers.messages import BUILT
from core.clock.clocks import NEW_YORK
from core.clock.grids import Grid
from core.clock.openings import end_of, opening_at
from core.clock.resolutions import resolution_name
from core.clock.wall_times import latest_instants, wall_seconds
from core.errors import InvalidRequest
from core.series import CandleFlag, Series
from storage import keys
from storage.candles.candle_columns import Candles, Integers
from storage.candles.candle_merge import WriteResult
from storage.candles.candle_store import CandleStore
from storage.candles.folding.longer_candles import longer_candles
from storage.candles.freshness import FreshnessStore
from storage.candles.series_facts import SeriesFacts, SeriesFactsStore
from storage.redis_connection import redis_errors
from storage.terminals.quiet_candles import quiet_candles
from storage.terminals.wanted_spans import WantedSpans


class Written(NamedTuple):
    """What of the given candles changed, and which longer ones cannot be kept."""

    result: WriteResult
    warnings: list[str]


class _Span(NamedTuple):
    """Openings `first..last` (s; None: to the end), and those held next before and after them."""

    first: int
    last: int | None
    before: int | None
    after: int | None

    def bounds(self, resolution: int, grid: Grid) -> tuple[int, int | None]:
        """Return from where to where (s) longer candles hold any of these, or the one before."""
        first = self.first if self.before is None else self.before
        start = opening_at(first, resolution, grid)
        if self.last is None:
            return start, None
        return start, end_of(opening_at(self.last, resolution, grid), resolution, grid)


class SeriesWriter:
    """Every method may raise `RedisUnavailable` or `StorageFull`."""

    def __init__(
        self,
        client: "redis.Redis",
        candles: CandleStore,
        facts: SeriesFactsStore,
        freshness: FreshnessStore,
        wanted: WantedSpans,
    ) -> None:
        self._client: Any = client
        self._candles = candles
        self._facts = facts
        self._freshness = freshness
        self._wanted = wanted
        # Series whose facts this process has seen; a grid of their own is looked up each time.
        self._settled: dict[Series, SeriesFacts] = {}

    def write(self, series: Series, given: Candles, clock: BrokerClock, now: int) -> Written:
        """Store candles that ascend, quiet ones between them, and the longer ones they make.

        `now` (s UTC) is what the broker's clock says. From what was not built because somebody
        killed us, the next write begins.
        """
        first, last = int(given.time[0]), int(given.time[-1])
        unbuilt, field = keys.unbuilt(series.platform), f"{series.symbol}:{series.resolution}"
        left = self._begin(unbuilt, field, first)
        self._settle(series, clock)
        written = self._candles.write(series, self._with_quiet(series, given, clock.rule))
        warnings: list[str] = []
        if left is not None or written.unchanged < sum(written):
            start = first if left is None else min(left, first)
            before, after = self._edges(series, start, last)
            self._note_holes(series, (before, start), (last, after))
            span = _Span(start, None if left is not None else last, before, after)
            warnings = self._build(series, span, BUILT[series.resolution], clock, now)
        with redis_errors():
            self._client.hdel(unbuilt, field)
        return Written(written, warnings)

    def _begin(self, unbuilt: str, field: str, first: int) -> int | None:
        """Note from when on (s) nothing is built yet; returns what a write before us had left."""
        with redis_errors():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hget(unbuilt, field)
            pipeline.hsetnx(unbuilt, field, first)
            left = pipeline.execute()[0]
            if left is not None and first < int(left):
                self._client.hset(unbuilt, field, first)
        return None if left is None else int(left)

    def restamp(self, series: Series, before: BrokerClock, after: BrokerClock, now: int) -> None:
        """Move the candles of a series that were taken by a clock that is another (`now` in s)."""
        held = self._candles.read(series)
        walls = wall_seconds(held.time, before.rule)
        instants, shown = latest_instants(walls, after.rule, now)
        if len(held) and (instants != held.time).any():
            kept = held.replace(time=instants).take(shown)
            ascending = np.diff(kept.time, prepend=-1) > 0
            self._candles.delete(series)
            self._candles.write(series, kept.take(ascending))
            for resolution in BUILT[series.resolution]:
                self._candles.delete(Series(series.platform, series.symbol, resolution))
        self.rebuild(series, after, now)

    def rebuild(self, series: Series, clock: BrokerClock, now: int) -> None:
        """Make the longer candles of a series anew that lack, or lie on another grid."""
        extent = self._candles.extent(series)
        for resolution in BUILT[series.resolution] if extent else ():
            target = Series(series.platform, series.symbol, resolution)
            if self._facts.get(target).grid != clock.grid(resolution):
                self._candles.delete(target)
            if extent and not self._candles.count(target):
                span = _Span(extent.first, None, None, None)
                self._build(series, span, (resolution,), clock, now)

    def lacking_ends(
        self, series: Series, newest: int, clock: BrokerClock, now: int
    ) -> dict[int, int]:
        """Return the lengths and ends (s) of longer candles that ended without their last part.

        They hold `newest`, the newest opening held, and ended by `now` (s).
        """
        ends = {}
        for resolution in BUILT[series.resolution]:
            grid = clock.grid(resolution)
            end = end_of(opening_at(newest, resolution, grid), resolution, grid)
            if newest + series.resolution < end <= now:
                ends[resolution] = end
        return ends

    def finish_early(
        self, series: Series, newest: int, resolution: int, clock: BrokerClock, now: int
    ) -> bool:
        """Finish a longer candle whose last part never came, because nothing was traded.

        Returns whether it was unfinished until now.
        """
        grid, target = clock.grid(resolution), Series(series.platform, series.symbol, resolution)
        opening = opening_at(newest, resolution, grid)
        held = self._candles.read(target, opening, opening)
        if not len(held) or not int(held.flags[0]) & CandleFlag.PARTIAL:
            return False
        shorter = self._candles.read(series, opening, newest)
        made = longer_candles(shorter, series.resolution, resolution, grid, now, more=True)
        self._keep(target, made, clock)
        return True

    def _edges(self, series: Series, first: int, last: int) -> tuple[int | None, int | None]:
        """Return the openings (s) held next before and next after a span."""
        before = self._candles.read(series, end=first - 1, limit=1, newest=True).time
        after = self._candles.read(series, start=last + 1, limit=1).time
        return (int(before[0]) if len(before) else None, int(after[0]) if len(after) else None)

    def _note_holes(self, series: Series, *pairs: tuple[int | None, int | None]) -> None:
        """Have the terminal be asked for what an open market lacks between two openings (s)."""
        for start, end in pairs:
            if start is None or end is None:
                continue
            if self._freshness.missing_between(series, start, end):
                self._wanted.note_hole(series, start + series.resolution, end)

    def _with_quiet(self, series: Series, given: Candles, zone: str) -> Candles:
        quiet = quiet_candles(given, series.resolution, zone)
        if not len(quiet):
            return given
        held = self._candles.read(series, int(quiet.time[0]), int(quiet.time[-1])).time
        every = Candles.join([given, quiet.take(~np.isin(quiet.time, held))])
        return every.take(np.argsort(every.time))

    def _build(
        self,
        series: Series,
        span: _Span,
        resolutions: Sequence[int],
        clock: BrokerClock,
        now: int,
    ) -> list[str]:
        """Make longer candles anew that hold any of a span, or the candle before it.

        Returns why some cannot be kept.
        """
        if not resolutions:
            return []
        bounds = {one: span.bounds(one, clock.grid(one)) for one in resolutions}
        start = min(first for first, _ in bounds.values())
        ends = [end for _, end in bounds.values() if end is not None]
        end = max(ends) if ends else None
        held = self._candles.read(series, start, None if end is None else end - 1)
        warnings = []
        for resolution, (first, stop) in bounds.items():
            shorter = held.take(_within(held.time, first, stop))
            if span.before is None and len(shorter) and shorter.time[0] != first:
                # The first of all that is held: what its longer candle had before is not known.
                whole = end_of(first, resolution, clock.grid(resolution))
                shorter = shorter.take(shorter.time >= whole)
            more = stop is not None and self._holds_from(series, stop, held, span)
            grid = clock.grid(resolution)
            built = longer_candles(shorter, series.resolution, resolution, grid, now, more=more)
            target = Series(series.platform, series.symbol, resolution)
            try:
                self._keep(target, built, clock)
            except InvalidRequest as error:
                warnings.append(f"{series.symbol} {resolution_name(resolution)}: {error.detail}")
        return warnings

    def _holds_from(self, series: Series, stop: int, held: Candles, span: _Span) -> bool:
        """Say whether any candle opens at `stop` (s) or later."""
        if (len(held) and held.time[-1] >= stop) or (span.after is not None and span.after >= stop):
            return True
        return span.after is not None and len(self._candles.read(series, stop, limit=1)) > 0

    def _keep(self, target: Series, built: Candles, clock: BrokerClock) -> None:
        if len(built):
            self._settle(target, clock)
            self._candles.write(target, built)

    def _settle(self, series: Series, clock: BrokerClock) -> None:
        zone = NEW_YORK if clock.day.zone == NEW_YORK else ""
        facts = SeriesFacts(clock.grid(series.resolution), zone)
        if facts.grid.is_plain and self._settled.get(series) == facts:
            return
        held = self._facts.get(series)
        if held.grid != facts.grid and self._candles.count(series):
            raise InvalidRequest(
                f"its candles open at {held.grid}, and the broker's at {facts.grid}; feed them "
                "under another platform name, or delete those."
            )
        if held != facts:
            self._facts.settle(series, facts, replace=False)
        self._settled[series] = facts


def _within(time: Integers, first: int, stop: int | None) -> slice:
    """Return the places of ascending openings in `first..stop` (s, `stop` excluded)."""
    end = len(time) if stop is None else int(np.searchsorted(time, stop))
    return slice(int(np.searchsorted(time, first)), end)
