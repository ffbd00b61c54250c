"""Candles of a terminal, written with what lies between them and with what is made of them."""

from typing import Any

import numpy as np
import redis

from core.brokers.clock import BrokerClock
from core.brokers.messages import BUILT
from core.clock.clocks import NEW_YORK
from core.clock.openings import end_of, opening_at
from core.clock.wall_times import latest_instants, wall_seconds
from core.series import Series
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.candle_merge import WriteResult
from storage.candles.candle_store import CandleStore
from storage.candles.freshness import FreshnessStore
from storage.candles.series_facts import SeriesFacts, SeriesFactsStore
from storage.redis_connection import redis_errors
from storage.terminals.longer_candles import longer_candles
from storage.terminals.quiet_candles import quiet_candles
from storage.terminals.wanted_spans import WantedSpans


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

    def write(self, series: Series, given: Candles, clock: BrokerClock, now: int) -> WriteResult:
        """Store candles that ascend, quiet ones between them, and the longer ones they make.

        `now` (s UTC) is what the broker's clock says. Returns what of the given series changed.
        From what was not built because somebody killed us, the next write begins.
        """
        unbuilt, field = keys.unbuilt(series.platform), f"{series.symbol}:{series.resolution}"
        first = int(given.time[0])
        with redis_errors():
            left = self._client.hget(unbuilt, field)
            start = min(int(left), first) if left else first
            self._client.hset(unbuilt, field, start)
        self._settle(series, clock)
        written = self._candles.write(series, self._with_quiet(series, given, clock.zone))
        if left or written.unchanged < sum(written):
            self._note_holes(series, first, int(given.time[-1]))
            last = None if left else int(given.time[-1])
            for resolution in BUILT[series.resolution]:
                self._build(series, resolution, start, last, clock, now)
        with redis_errors():
            self._client.hdel(unbuilt, field)
        return written

    def restamp(self, series: Series, before: BrokerClock, after: BrokerClock, now: int) -> None:
        """Move the candles of a series that were taken by a clock that is another (`now` in s)."""
        held = self._candles.read(series)
        walls = wall_seconds(held.time, before.zone)
        instants, shown = latest_instants(walls, after.zone, now)
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
                self._build(series, resolution, extent.first, None, clock, now)

    def _note_holes(self, series: Series, first: int, last: int) -> None:
        """Have the terminal be asked for what lies between these and others that are held."""
        before = self._candles.read(series, end=first - 1, limit=1, newest=True).time
        after = self._candles.read(series, start=last + 1, limit=1).time
        pairs = [(int(one), first) for one in before] + [(last, int(one)) for one in after]
        for start, end in pairs:
            if self._freshness.missing_between(series, start, end):
                self._wanted.note_hole(series, start + series.resolution, end)

    def _with_quiet(self, series: Series, given: Candles, zone: str) -> Candles:
        quiet = quiet_candles(given, series.resolution, zone)
        if not len(quiet):
            return given
        held = self._candles.read(series, int(quiet.time[0]), int(quiet.time[-1])).time
        return _joined(given, quiet.take(~np.isin(quiet.time, held)))

    def _build(
        self,
        series: Series,
        resolution: int,
        first: int,
        last: int | None,
        clock: BrokerClock,
        now: int,
    ) -> None:
        """Make longer candles anew that hold any of `first..last` (s), or the one before these."""
        grid, target = clock.grid(resolution), Series(series.platform, series.symbol, resolution)
        before = self._candles.read(series, end=first - 1, limit=1, newest=True).time
        start = opening_at(int(before[0]) if len(before) else first, resolution, grid)
        end = None if last is None else end_of(opening_at(last, resolution, grid), resolution, grid)
        shorter = self._candles.read(series, start, None if end is None else end - 1)
        if not len(before) and len(shorter) and shorter.time[0] != start:
            # The first that is held of all: what lies before it in its longer candle is not known.
            shorter = shorter.take(shorter.time >= end_of(start, resolution, grid))
        more = end is not None and len(self._candles.read(series, end, limit=1)) > 0
        built = longer_candles(shorter, series.resolution, resolution, grid, now, more=more)
        if len(built):
            self._settle(target, clock)
            self._candles.write(target, built)

    def _settle(self, series: Series, clock: BrokerClock) -> None:
        zone = NEW_YORK if clock.day.zone == NEW_YORK else ""
        facts = SeriesFacts(clock.grid(series.resolution), zone)
        if self._facts.get(series) != facts:
            self._facts.settle(series, facts, replace=False)


def _joined(given: Candles, more: Candles) -> Candles:
    order = np.argsort(np.concatenate([given.time, more.time]))
    added = more.columns()
    columns = {
        name: np.concatenate([column, added[name]])[order]
        for name, column in given.columns().items()
    }
    return Candles(**columns)
