"""Redis is killed while candles are written: what was acknowledged is there afterwards."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from core.errors import Unavailable
from core.series import make_series
from core.settings import Settings
from operate.embedded_redis import start_redis, stop_redis
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.redis_connection import connect

SERIES = make_series("coinbase", "BTC-USD", "1m")


@pytest.fixture
def settings() -> Iterator[Settings]:
    with TemporaryDirectory(prefix="tickcast-") as folder:
        yield Settings(data_dir=Path(folder), redis_fsync="always", _env_file=None)


def made(first: int, count: int) -> Candles:
    return Candles.from_rows(
        [[60 * t, 1, 2, 1, 1 + t / 1e6, t] for t in range(first, first + count)]
    )


def write_until_redis_is_gone(store: CandleStore) -> int:
    """Return how many candles were acknowledged."""
    acknowledged = 1
    while True:
        try:
            acknowledged += store.write(SERIES, made(acknowledged, 50)).inserted
        except Unavailable:
            return acknowledged


@pytest.mark.parametrize("seed", range(3))
def test_nothing_acknowledged_is_lost_when_redis_is_killed(settings: Settings, seed: int) -> None:
    process = start_redis(settings)
    store = CandleStore(connect(settings.redis_address, retries=0))
    store.write(SERIES, made(0, 1))
    killer = threading.Timer(random.Random(seed).uniform(0.02, 0.2), process.kill)
    killer.start()
    acknowledged = write_until_redis_is_gone(store)
    killer.join()
    process.wait()
    again = start_redis(settings)
    try:
        held = CandleStore(connect(settings.redis_address)).read(SERIES)
        assert len(held) >= acknowledged
        assert np.array_equal(held.volume, held.time / 60)
        everything = made(0, len(held) + 10)
        result = CandleStore(connect(settings.redis_address)).write(SERIES, everything)
        assert (result.inserted, result.unchanged) == (10, len(held))
    finally:
        stop_redis(again)
