"""Whether the pass at candles' closes was told of a candle, and has not looked since."""

from typing import Any

import redis

from storage import keys
from storage.redis_connection import redis_errors

# The schedule looks at least so often (ms): what told of a candle may get lost.
TOLD_MS = 2_000


class CloseWakes:
    """Of many candles that close at once one wakes the pass: it looks at all that is held.

    Every method may raise `RedisUnavailable`.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def tell(self) -> bool:
        """Note that a candle was stored; says whether nobody else has told the pass yet."""
        with redis_errors():
            return bool(self._client.set(keys.CLOSE_TOLD, 1, nx=True, px=TOLD_MS))

    def look(self) -> int:
        """Note that the pass looks from now on; returns 0, for nothing is done by that."""
        with redis_errors():
            self._client.delete(keys.CLOSE_TOLD)
        return 0
