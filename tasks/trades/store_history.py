"""Trades that touch many old candles: stored a slice at a time, apart from live trades."""

import logging
import time
from collections.abc import Callable

import redis

from storage import keys
from storage.journal.columns import Trades, join_all
from storage.locks import turn
from storage.trades import building
from storage.trades.stream_stores import StreamStores
from tasks.trades.detect_anomalies import detect_anomalies
from tasks.trades.rebuild_candles import rebuild_dirty
from tasks.trades.stream_messages import pack, unpack

logger = logging.getLogger(__name__)

# Minutes whose candles one transaction writes: Redis serves nobody else meanwhile.
MINUTES_A_SLICE = 30
# A slice is followed by a pause of so much of its own time: live trades use it.
PAUSE = 0.5
# What is sorted together at most, and how long a run takes (s).
MOST_TOGETHER, MOST_BYTES_TOGETHER = 200, 4_000_000
RUN_S = 4.0
TURN_S = 120

ByMarket = dict[tuple[str, str], list[Trades]]


def store_history(stores: StreamStores, client: "redis.Redis", *, exclude: bool = False) -> None:
    """Store and judge what waits of history, then rebuild what was lost, for some seconds.

    `exclude` keeps bad prints out of candles. One run at a time. What a run does not
    come to waits for the next one; repeating what was done before changes nothing.
    """
    with turn(client, keys.HISTORY_LOCK, TURN_S) as mine:
        deadline = time.monotonic() + RUN_S
        if not mine:
            return
        while time.monotonic() < deadline and _store_some(stores, deadline, exclude):
            pass
        rebuild_dirty(stores, deadline)


def _store_some(stores: StreamStores, deadline: float, exclude: bool) -> bool:
    """Store several batches together, by time; returns whether there were any."""
    waiting = stores.history.take_oldest(MOST_TOGETHER, MOST_BYTES_TOGETHER)
    found: ByMarket = {}
    for batch in waiting.values():
        content = unpack(batch.content)
        for symbol, parts in content.unpacked().items():
            found.setdefault((content.platform, symbol), []).extend(parts)
    left: ByMarket = {}
    for (platform, symbol), parts in found.items():
        rest = store_in_slices(
            stores, platform, symbol, parts, until=lambda: time.monotonic() > deadline
        )
        detect_anomalies(stores, platform, [symbol], exclude=exclude)
        if rest:
            left[platform, symbol] = rest
    for (platform, symbol), rest in left.items():
        stores.history.put(pack(platform, {symbol: rest}))
    if waiting:
        stores.history.drop(*waiting)
    return bool(waiting)


def store_in_slices(
    stores: StreamStores,
    platform: str,
    symbol: str,
    parts: list[Trades],
    until: Callable[[], bool] = lambda: False,
) -> list[Trades]:
    """Store trades of one symbol, the oldest first; returns what is left when `until` says so."""
    joined = join_all({symbol: parts})[symbol]
    waiting = list(building.slices(joined, MINUTES_A_SLICE))[::-1]
    while waiting and not until():
        begun = time.monotonic()
        stores.writer.write_history(platform, symbol, waiting.pop())
        time.sleep(PAUSE * (time.monotonic() - begun))
    return [part for piece in waiting for part in piece]
