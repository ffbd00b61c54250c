"""Whether candles come as they should: by a series' own sessions, and never over a weekend."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
import redis
from numpy.typing import NDArray

from core.brokers.symbols import is_pair_of_currencies, pair_of
from core.clock.openings import end_of
from core.clock.resolutions import DAY, HOUR, MINUTE
from core.clock.sessions import METALS_OPEN, WEEK, WEEK_OPENS, Sessions, currency_week
from core.clock.times import now_ms
from core.platforms import PLATFORMS
from core.series import Series, make_series
from storage import keys
from storage.candles.candle_store import CandleStore
from storage.candles.market_hours import MarketHours
from storage.candles.newest_finished import newest_finished
from storage.candles.series_facts import SeriesFactsStore
from storage.redis_connection import redis_errors

# A series is late once so many candles, and so many seconds, have passed without one.
CANDLES, GRACE_S = 2, MINUTE
# No market rests longer than a week at a stretch: what is older (s) is late, whatever its sessions.
SURELY_LATE = (CANDLES + 1) * WEEK
# A hole is more than so long (s) of an open market, and more than `CANDLES`, without a candle.
HOLE_S = HOUR
# From so much history on (s), closures are learnt and not taken for granted.
LEARNT_FROM = 35 * DAY


class Freshness(msgspec.Struct, frozen=True):
    """The newest finished candle of a series, and when it is late without another (s UTC).

    Both are None where no candle is held, which is late.
    """

    newest: int | None
    due: int | None

    def is_late(self, now: int) -> bool:
        """Say whether a candle is missing at an instant (s UTC)."""
        return self.due is None or now >= self.due


class FreshnessStore:
    """Judges series; its methods may raise `RedisUnavailable`."""

    def __init__(
        self, client: "redis.Redis", candles: CandleStore, facts: SeriesFactsStore
    ) -> None:
        self._client: Any = client
        self._candles = candles
        self.hours = MarketHours(candles, facts)

    def of(self, series: Iterable[Series]) -> dict[Series, Freshness]:
        """Return how fresh each series is by the sessions of its market."""
        return {one: self._judge(one) for one in series}

    def late(
        self, series: Iterable[Series], clock: Callable[[], int] = now_ms
    ) -> dict[Series, Freshness]:
        """Return those of the series that are late now."""
        now = clock() // 1_000
        return {one: judged for one, judged in self.of(series).items() if judged.is_late(now)}

    def is_late_after(self, series: Series, newest: int, now: int) -> bool:
        """Say whether candles after the `newest` (opening, s) should have come by `now` (s).

        Sessions are looked at only where they decide.
        """
        if now - newest <= 2 * series.resolution:
            return False
        if now - newest > SURELY_LATE:
            return True
        return now >= self._due(series, newest)

    def is_hole(self, series: Series, before: int, after: int) -> bool:
        """Say whether candles of an open market lack between two openings (s), and not just few."""
        return self.last_hole(series, np.array([before, after], np.int64)) is not None

    def last_hole(self, series: Series, times: NDArray[np.int64]) -> int | None:
        """Return the place of the first of `times` (ascending openings, s) after the last hole."""
        length = max(HOLE_S, CANDLES * series.resolution)
        if not (np.diff(times) > length).any():
            return None
        missing = self.sessions(series, int(times[-1])).missing_before(times)
        holes = np.flatnonzero(missing * series.resolution > length)
        return int(holes[-1]) if len(holes) else None

    def is_open(self, series: Series, now: int) -> bool:
        """Say whether the market of a series is open at an instant (s), by its sessions."""
        return self.sessions(series, now).is_open(now)

    def missing_between(self, series: Series, before: int, after: int) -> int:
        """Return how many candles of an open market are missing between two openings (s)."""
        if after - before <= series.resolution:
            return 0
        sessions = self.sessions(series, before)
        return int(sessions.missing_before(np.array([before, after], np.int64))[1])

    def note(self, late: Mapping[Series, Freshness]) -> None:
        """Keep which series of feeds are late, in the place of those that were."""
        told = {str(one): judged.newest or 0 for one, judged in late.items()}
        with redis_errors(), self._client.pipeline(transaction=True) as pipeline:
            pipeline.delete(keys.LATE_SERIES)
            if told:
                pipeline.hset(keys.LATE_SERIES, mapping=told)
            pipeline.execute()

    def noted(self) -> dict[Series, int | None]:
        """Return which series of feeds were late at the last look, and their newest opening (s)."""
        with redis_errors():
            held = self._client.hgetall(keys.LATE_SERIES)
        pairs = ((make_series(*name.decode().split(":")), int(at)) for name, at in held.items())
        return {series: at or None for series, at in sorted(pairs)}

    def _judge(self, series: Series) -> Freshness:
        newest = newest_finished(self._candles, series)
        if newest is None:
            return Freshness(None, None)
        return Freshness(newest, self._due(series, newest))

    def _due(self, series: Series, newest: int) -> int:
        sessions = self.sessions(series, newest)
        last = int(sessions.next_openings(newest, CANDLES)[-1])
        return end_of(last, series.resolution, sessions.grid) + GRACE_S

    def sessions(self, series: Series, newest: int) -> Sessions:
        """Return the closures that were learnt up to the `newest` candle (s).

        Of young currencies and metals, what they usually have.
        """
        learnt = self.hours.sessions(series)
        if learnt.closures.any() or not _closes(series):
            return learnt
        if self._candles.count(series, end=newest - LEARNT_FROM):
            return learnt
        metal = (pair_of(series.symbol) or "").startswith("X")
        opens = METALS_OPEN if metal else WEEK_OPENS
        return currency_week(series.resolution, learnt.grid, opens)


def _closes(series: Series) -> bool:
    """Say whether a market is taken to close over the weekend before it was seen to."""
    return series.platform not in PLATFORMS and is_pair_of_currencies(series.symbol)
