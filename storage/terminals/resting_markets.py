"""Markets that rest although their sessions say that they are open: holidays.

A terminal that has lost its broker pushes the same old bars as one whose market rests; it says
which of the two it is.
"""

from collections.abc import Iterable

import redis

from core.brokers.messages import PUSHED
from core.clock.openings import closed_at, end_of
from core.clock.resolutions import DAY
from core.series import Series
from storage.candles.candle_store import CandleStore
from storage.candles.freshness import FreshnessStore
from storage.terminals.terminals import TerminalStore
from storage.trades.tickers import TickerStore

# A terminal that has not spoken for so long (s) says nothing any more: it speaks every five
# seconds, and every minute when it fails.
RECENT_S = 90
# No holiday of a market is longer (s) after its newest candle, weekends at its ends included.
LONGEST_S = 5 * DAY


class RestingMarkets:
    """Tells what lacks candles because nothing is traded; may raise `RedisUnavailable`."""

    def __init__(
        self, client: "redis.Redis", candles: CandleStore, freshness: FreshnessStore
    ) -> None:
        self._candles = candles
        self._freshness = freshness
        self._terminals = TerminalStore(client)
        self._tickers = TickerStore(client)

    def among(self, series: Iterable[Series], now: int) -> set[Series]:
        """Return those of some series that rest at `now` (s UTC).

        Of these a terminal that is connected to its broker brings neither a quote nor a candle
        since their newest one.
        """
        found, connected = set(), dict[str, bool]()
        for one in series:
            if one.platform not in connected:
                connected[one.platform] = self._is_connected(one.platform, now)
            if connected[one.platform] and self._rests(one, now):
                found.add(one)
        return found

    def rested(self, series: Series, start: int, end: int) -> bool:
        """Say whether a pushed market was not traded from `start` to `end` (s), though before.

        Shorter candles show both, or quotes: one candle alone may only be late.
        """
        last = (start - series.resolution, start - 1)
        shorter = [length for length in PUSHED if length < series.resolution]
        market = series.platform, series.symbol
        followed = any(self._candles.count(Series(*market, length), *last) for length in shorter)
        return followed and not self._was_traded(series, start, end)

    def _is_connected(self, platform: str, now: int) -> bool:
        seen = self._terminals.get(platform).terminals
        return any(one.connected and one.seen_at > 1_000 * (now - RECENT_S) for one in seen)

    def _rests(self, series: Series, now: int) -> bool:
        # A day that ended early stays unfinished until a later candle comes.
        held = self._candles.read(series, limit=1, newest=True).time
        if not len(held) or now - (newest := int(held[0])) > series.resolution + LONGEST_S:
            return False
        sessions = self._freshness.sessions(series, newest)
        first = int(sessions.next_openings(newest, 1)[0])
        closed = closed_at(now, series.resolution, sessions.grid)
        return not self._was_traded(series, first, end_of(closed, series.resolution, sessions.grid))

    def _was_traded(self, series: Series, start: int, end: int) -> bool:
        """Say whether a candle or a quote of a market lies between two instants (s)."""
        if end <= start:
            return False
        market = series.platform, series.symbol
        if any(self._candles.count(Series(*market, length), start, end - 1) for length in PUSHED):
            return True
        quotes = self._tickers.read(*market, 1_000 * start, 1_000 * end - 1, 1)
        return any(quotes.values())
