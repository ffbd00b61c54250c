"""Spreads that terminals told of their markets, of which costs are measured."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import redis

from core.clock.resolutions import DAY
from core.series import Market
from storage import keys
from storage.candles.candle_commands import CHUNK_OPTIONS
from storage.redis_connection import redis_errors

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
        retention = ("RETENTION", (SPAN + DAY) * 1_000, *CHUNK_OPTIONS, "DUPLICATE_POLICY", "LAST")
        with redis_errors():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.execute_command("TS.CREATE", name, *retention)
            pipeline.execute_command("TS.MADD", *samples)
            # That the series is there is no error; a sample that is too old is not needed.
            _, added = pipeline.execute(raise_on_error=False)
            if isinstance(added, Exception):
                raise added

    def median(self, market: Market, now: int) -> float | None:
        """Return the median spread (basis points) of 28 days, None where too few were told."""
        start = (now - SPAN) * 1_000
        with redis_errors():
            try:
                held = self._client.execute_command("TS.RANGE", keys.spread(*market), start, "+")
            except redis.ResponseError:
                return None
        return median(float(bps) for _, bps in held) if len(held) >= LEAST else None
