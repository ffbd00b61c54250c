"""Spreads that terminals told of their markets, of which costs are measured."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import redis

from core.clock.resolutions import DAY
from core.series import Market
from storage import keys
from storage.candles.candle_commands import CHUNK_OPTIONS, is_there
from storage.redis_connection import redis_errors
from storage.trades.time_series import failed_elements

# A market's spread is the median of so long (s), of so many at least.
SPAN, LEAST = 28 * DAY, 30


class SpreadStore:
    """Spreads in basis points over time. Every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def write(self, market: Market, spreads: Sequence[tuple[int, float]], now: int) -> None:
        """Keep spreads (epoch ms, basis points) of the last 28 days before `now` (s)."""
        name, since = keys.spread(*market), (now - SPAN) * 1_000
        samples = [part for at, bps in spreads if at > since for part in (name, at, bps)]
        if not samples:
            return
        with redis_errors():
            if failed_elements(self._client.execute_command("TS.MADD", *samples)):
                # There is no such series yet. What fails again is too old, and not needed.
                self._create(name)
                self._client.execute_command("TS.MADD", *samples)

    def _create(self, name: str) -> None:
        retention = ("RETENTION", (SPAN + DAY) * 1_000, *CHUNK_OPTIONS, "DUPLICATE_POLICY", "LAST")
        try:
            self._client.execute_command("TS.CREATE", name, *retention)
        except redis.ResponseError as error:
            if not is_there(error):
                raise

    def median(self, market: Market, now: int) -> float | None:
        """Return the median spread (basis points) of 28 days, None where too few were told."""
        start = (now - SPAN) * 1_000
        with redis_errors():
            try:
                held = self._client.execute_command("TS.RANGE", keys.spread(*market), start, "+")
            except redis.ResponseError:
                return None
        return median(float(bps) for _, bps in held) if len(held) >= LEAST else None
