"""What the stream could do without HTTP and Celery, and what Redis alone could."""

import time
from collections.abc import Iterator
from typing import Any

from api.live.messages import read_messages
from bench.embedded import bench_redis
from bench.trade_messages import bodies, messages
from core.clock.times import now_ms
from storage.journal.columns import Trades
from storage.redis_connection import connect
from storage.trades.stream_stores import open_stream_stores
from tasks.trades.detect_anomalies import detect_anomalies


def function_rate(count: int, size: int) -> float:
    """Return trades a second of the same processing in one process, from columns to candles."""
    with bench_redis() as settings, connect(settings.redis_address) as client:
        stores = open_stream_stores(settings, client)
        batches = list(_batches(count, size))
        begun = time.perf_counter()
        for batch in batches:
            stores.writer.write("bench", {"B-USD": [batch]})
            detect_anomalies(stores, "bench", ["B-USD"])
        return count / (time.perf_counter() - begun)


def bare_rate(count: int, size: int) -> float:
    """Return trades a second of TS.MADD with price and size, a sample each."""
    with bench_redis() as settings, connect(settings.redis_address) as client:
        for part in ("price", "size"):
            client.execute_command("TS.CREATE", part, "DUPLICATE_POLICY", "LAST")
        commands = [_arguments(batch) for batch in _batches(count, size)]
        begun = time.perf_counter()
        for arguments in commands:
            client.execute_command("TS.MADD", *arguments)
        return count / (time.perf_counter() - begun)


def _batches(count: int, size: int) -> Iterator[Trades]:
    for body in bodies(messages(count, 1, 0.0, 1), size):
        read = read_messages("bench", body, now_ms() + 86_400_000)
        yield from next(iter(read.trades.values()))


def _arguments(batch: Trades) -> list[Any]:
    arguments: list[Any] = []
    columns = {"price": batch.prices().tolist(), "size": batch.sizes().tolist()}
    for name, values in columns.items():
        for ms, value in zip((batch.time // 1_000).tolist(), values, strict=True):
            arguments += (name, ms, value)
    return arguments
