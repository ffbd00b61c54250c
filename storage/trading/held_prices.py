"""What is still held of a market at single instants, to compare with what was recorded."""

from collections.abc import Sequence
from typing import Any

import redis

from core.series import Market
from core.trading.accounts import HeldPrice
from storage import keys
from storage.redis_connection import redis_errors

_PIPELINED = 500


class HeldPrices:
    """May raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def at(self, asked: Sequence[tuple[Market, int]]) -> list[HeldPrice]:
        """Return the quote and the trade of each market and instant (epoch ms)."""
        found: list[HeldPrice] = []
        for first in range(0, len(asked), _PIPELINED):
            found += self._read(asked[first : first + _PIPELINED])
        return found

    def _read(self, asked: Sequence[tuple[Market, int]]) -> list[HeldPrice]:
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for market, at in asked:
                for name in (
                    keys.ticker(*market, "bid"),
                    keys.ticker(*market, "ask"),
                    keys.tick(*market, "price"),
                ):
                    pipe.execute_command("TS.RANGE", name, at, at)
            replies = pipe.execute(raise_on_error=False)
        values = [_value(reply) for reply in replies]
        return [HeldPrice(*values[n : n + 3]) for n in range(0, len(values), 3)]


def _value(reply: Any) -> float | None:
    return float(reply[0][1]) if isinstance(reply, list) and reply else None
