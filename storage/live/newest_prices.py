"""When the newest live price of a market came."""

from collections.abc import Sequence
from typing import Any

import redis

from core.series import Market
from storage import keys
from storage.redis_connection import redis_errors


def newest_prices(client: "redis.Redis", markets: Sequence[Market]) -> dict[Market, int]:
    """Return the time (epoch ms) of each market's newest trade or quote, where it has any."""
    pipe: Any = client.pipeline(transaction=False)
    for market in markets:
        pipe.execute_command("TS.GET", keys.tick(*market, "price"))
        pipe.execute_command("TS.GET", keys.ticker(*market, "price"))
    with redis_errors():
        replies = pipe.execute(raise_on_error=False) if markets else []
    found: dict[Market, int] = {}
    for market, *pair in zip(markets, replies[::2], replies[1::2], strict=True):
        # A market of which nothing was stored has no time series: that reply is an error.
        times = [int(reply[0]) for reply in pair if isinstance(reply, list) and reply]
        if times:
            found[market] = max(times)
    return found
