"""What a terminal is asked for: holes, and history as far back as is wanted.

The terminal has no memory. What was asked for is kept here, so that what a broker does not
have is asked for again seldom.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import redis

from core.brokers.messages import MOST_BARS, Wanted
from core.clock.resolutions import HOUR, timeframe_code
from core.clock.wall_times import wall_seconds
from core.series import Series
from storage import keys
from storage.candles.candle_store import CandleStore
from storage.redis_connection import redis_errors

# A terminal may need several polls to fetch history from its broker.
MOST_TRIES = 10
# What did not come is asked for again so much later (s).
REST = HOUR
# So many candles of a series at a time, and so many holes of it are kept.
PART, MOST_HOLES = 2_400, 32
# Where clocks went back there are more candles than slots, and newest ones come besides.
ROOM = MOST_BARS - 200


class Hole(msgspec.Struct, array_like=True):
    """Openings that are missing within what is held (s UTC, `end` excluded)."""

    start: int
    end: int
    tries: int = 0


class Asked(msgspec.Struct, omit_defaults=True):
    """What a series was asked for: the oldest opening held then, how often, and the holes."""

    first: int = 0
    tries: int = 0
    rests_until: int = 0
    holes: list[Hole] = []


class WantedSpans:
    """Every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis", candles: CandleStore, history: int) -> None:
        self._client: Any = client
        self._candles = candles
        self._history = history

    def note_hole(self, series: Series, start: int, end: int) -> None:
        """Have missing openings (s UTC, `end` excluded) be asked for."""
        asked = self._read([series])[series]
        known = {(hole.start, hole.end) for hole in asked.holes}
        if (start, end) not in known:
            asked.holes = [*asked.holes, Hole(start, end)][-MOST_HOLES:]
            self._keep({series: asked})

    def ask(self, names: dict[Series, str], zone: str, now: int) -> list[Wanted]:
        """Return what to ask for of series, by the broker's names; `now` is in s UTC.

        No more than a message holds: holes first, then the series of which least is held.
        """
        asked = self._read(list(names))
        spans = [span for series in names for span in self._holes(series, asked[series])]
        wanting = [(held, series) for series in names if (held := self._lacks(series, asked, now))]
        for (_, first), series in sorted(wanting):
            end = first or now // series.resolution * series.resolution
            spans.append((series, end - PART * series.resolution, end))
        self._keep(asked)
        return _shown(spans, names, zone)

    def _holes(self, series: Series, asked: Asked) -> list[tuple[Series, int, int]]:
        spans = []
        for hole in asked.holes:
            start = max(hole.start, hole.end - PART * series.resolution)
            if self._candles.count(series, start, hole.end - 1):
                hole.tries = MOST_TRIES  # it was filled, as far as the broker could
            else:
                hole.tries += 1
                spans.append((series, start, hole.end))
        asked.holes = [hole for hole in asked.holes if hole.tries < MOST_TRIES]
        return spans

    def _lacks(
        self, series: Series, asked: dict[Series, Asked], now: int
    ) -> tuple[int, int] | None:
        """Return how many candles are held and the oldest, if more history is to be asked for."""
        state = asked[series]
        if now < state.rests_until:
            return None
        extent = self._candles.extent(series)
        first, count = (extent.first, extent.count) if extent else (0, 0)
        came = first < state.first or (first and not state.first)
        state.tries = 0 if came else state.tries + 1
        state.first = first
        if count >= self._history or state.tries > MOST_TRIES:
            state.tries, state.rests_until = 0, now + REST
            return None
        return count, first

    def _read(self, series: Sequence[Series]) -> dict[Series, Asked]:
        if not series:
            return {}
        fields = [_field(one) for one in series]
        with redis_errors():
            held = self._client.hmget(keys.wanted(series[0].platform), fields)
        return {
            one: msgspec.json.decode(text, type=Asked) if text else Asked()
            for one, text in zip(series, held, strict=True)
        }

    def _keep(self, asked: dict[Series, Asked]) -> None:
        if asked:
            platform = next(iter(asked)).platform
            told = {_field(one): msgspec.json.encode(state) for one, state in asked.items()}
            with redis_errors():
                self._client.hset(keys.wanted(platform), mapping=told)


def _field(series: Series) -> str:
    return f"{series.symbol}:{series.resolution}"


def _shown(
    spans: Sequence[tuple[Series, int, int]], names: dict[Series, str], zone: str
) -> list[Wanted]:
    """Return spans by the broker's names and clock, as many as fit into a message."""
    found: list[Wanted] = []
    room = ROOM
    for series, start, end in spans:
        count = min((end - start) // series.resolution, room)
        if count > 0:
            # The newest part of what does not fit comes first.
            since = end - count * series.resolution
            wall = int(wall_seconds(np.array([since], np.int64), zone)[0])
            found.append(Wanted(names[series], timeframe_code(series.resolution), wall, count))
            room -= count
    return found
