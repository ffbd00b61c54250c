"""Which markets live messages were ever accepted for."""

from collections.abc import Iterable
from typing import Any

import redis

from core.errors import NotFound
from core.series import Market
from storage import keys
from storage.redis_connection import redis_errors


class TradedMarkets:
    """The markets by name; each process remembers those that it has noted already."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client
        self._noted: set[Market] = set()

    def note(self, markets: Iterable[Market]) -> None:
        """Remember markets for good."""
        new = set(markets) - self._noted
        if new:
            with redis_errors():
                self._client.sadd(keys.TRADED_INDEX, *map(str, new))
            self._noted |= new

    def all(self) -> list[Market]:
        """Return every market, sorted."""
        with redis_errors():
            names = self._client.smembers(keys.TRADED_INDEX)
        return sorted(Market(*name.decode().split(":")) for name in names)

    def check(self, market: Market) -> None:
        """Raise `NotFound` unless live messages were ever accepted for the market."""
        with redis_errors():
            known = self._client.sismember(keys.TRADED_INDEX, str(market))
        if not known:
            raise NotFound(f"No live messages of {market} (platform:symbol) were ever accepted.")
