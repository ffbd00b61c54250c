"""Candles stored per second against bare TS.MADD of the same values."""

from collections.abc import Callable
from itertools import count
from typing import Any

import redis

from bench.candles import random_candles, series
from bench.embedded import bench_redis
from bench.measure import interleaved, seconds_of, show, versus
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CHUNK, CandleStore
from storage.redis_connection import connect

CANDLES = 20_000


def run() -> None:
    """Print the medians."""
    candles = random_candles(CANDLES)
    with bench_redis() as settings, connect(settings.redis_address) as client:
        store, numbers = CandleStore(client), count()
        ours = seconds_of(lambda: store.write(series(f"S{next(numbers)}"), candles))
        again = seconds_of(lambda: store.write(series("S0"), candles))
        bare = _bare(client, candles)
        medians = interleaved({"ours": ours, "bare": bare, "again": again})
    rates = {name: f"{CANDLES / seconds:,.0f} candles/s" for name, seconds in medians.items()}
    show(
        f"Store {CANDLES:,} candles of {len(keys.CANDLE_FIELDS)} fields (fsync always)",
        {
            "CandleStore.write, new series": rates["ours"],
            "bare TS.MADD, same values and chunks": rates["bare"],
            "ours in terms of bare": versus(medians["ours"] / medians["bare"]),
            "CandleStore.write, all held already": rates["again"],
        },
    )


def _bare(client: "redis.Redis", candles: Candles) -> Callable[[], float]:
    numbers = count()
    times = (candles.time * 1_000).tolist()
    columns = [getattr(candles, field).tolist() for field in keys.CANDLE_FIELDS]

    def write() -> None:
        names = [f"bare:{next(numbers)}:{field}" for field in keys.CANDLE_FIELDS]
        for name in names:
            client.execute_command("TS.CREATE", name)  # type: ignore[no-untyped-call]
        for first in range(0, CANDLES, CHUNK):
            pipeline: Any = client.pipeline(transaction=True)
            for name, column in zip(names, columns, strict=True):
                arguments: list[object] = [name] * (3 * len(times[first : first + CHUNK]))
                arguments[1::3] = times[first : first + CHUNK]
                arguments[2::3] = column[first : first + CHUNK]
                pipeline.execute_command("TS.MADD", *arguments)
            pipeline.execute()

    return seconds_of(write)
