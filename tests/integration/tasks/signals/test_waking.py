"""A pushed candle wakes what speaks at its close, and an old upload does not."""

import msgspec
import pytest

from core.requests import StoreCandles
from core.signals import SIGNAL_MODEL, path_target
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.jobs.run_step import run_step
from tasks.signals.wake_at_close import StoreAndWake
from tests.integration.tasks.forecasts.desk import clock_at
from tests.integration.tasks.signals.market import NOISE, candles, last_close

pytestmark = pytest.mark.clock


def push(stores: Stores, pushed: Candles, at: float) -> int:
    """Store candles as a worker does at an instant (s); returns how often it woke others."""
    woken: list[bool] = []
    work = StoreAndWake(lambda: woken.append(True), clock_at(at))
    request = msgspec.structs.asdict(NOISE)
    job = stores.jobs.create("store_candles", [("store_candles", "store")], request)
    stores.uploads.put(job.id, pushed)
    run_step(stores, job.id, 0, work, StoreCandles, timeout=1)
    assert stores.jobs.get(job.id).error is None
    return len(woken)


def test_the_newest_candle_of_an_offered_or_watched_series_wakes(stores: Stores) -> None:
    held = candles(20, last_close())
    assert push(stores, held.take(slice(0, 18)), last_close()) == 0  # nobody speaks of it
    stores.slots.offer([path_target(NOISE, 6, SIGNAL_MODEL)])
    assert push(stores, held.take(slice(18, 19)), last_close()) == 1
    stores.slots.offer([])
    stores.watches.add(NOISE)
    assert push(stores, held, last_close()) == 0  # the pass was told, and has not looked yet
    stores.closes.look()
    assert push(stores, held, last_close()) == 1
    stores.closes.look()
    assert push(stores, held, last_close() + 301) == 0  # a later candle has closed since
