"""`GET /api/v1/indicators` over HTTP and a worker, with 100,000 candles stored."""

import time

import httpx
import numpy as np

from bench.candles import START, random_candles
from bench.live import live_tickcast
from bench.measure import ROUNDS, percentile, show
from bench.predict_lstm import client_of
from core.series import Series
from storage.stores import open_stores

CANDLES, CALLS, GOAL_MS = 100_000, 100, 15
SERIES = Series("bench", "INDICATORS", 300)
PATH = f"/api/v1/indicators?platform={SERIES.platform}&symbol={SERIES.symbol}"


def run() -> None:
    """Print p50 and p99 over all rounds."""
    with live_tickcast() as tickcast, client_of(tickcast) as client:
        stores = open_stores(tickcast.settings)
        times = START + SERIES.resolution * np.arange(CANDLES, dtype=np.int64)
        stores.candles.write(SERIES, random_candles(CANDLES).replace(time=times))
        stores.close()
        _ask(client)
        seconds = [_ask(client) for _ in range(ROUNDS * CALLS)]
    p50 = 1_000 * percentile(seconds, 0.5)
    show(
        f"Indicators with {CANDLES:,} candles stored ({ROUNDS}x{CALLS} calls)",
        {
            "GET /api/v1/indicators p50": f"{p50:.1f} ms (goal <= {GOAL_MS} ms: "
            f"{'met' if p50 <= GOAL_MS else 'MISSED'})",
            "GET /api/v1/indicators p99": f"{1_000 * percentile(seconds, 0.99):.1f} ms",
        },
    )


def _ask(client: httpx.Client) -> float:
    begun = time.perf_counter()
    client.get(PATH).raise_for_status()
    return time.perf_counter() - begun
