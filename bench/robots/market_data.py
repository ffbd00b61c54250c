"""`GET /api/ohlcv` of a thousand bars, held and folded, and `GET /api/snapshot`, over HTTP."""

import time

import httpx

from bench.candles import random_candles, series
from bench.live import live_tickcast
from bench.measure import percentile, show
from storage.candles.candle_store import CandleStore
from storage.redis_connection import connect

CALLS, BARS, CANDLES = 400, 1_000, 20_000
SYMBOL = "OHLCV"
BARS_MS, SNAPSHOT_MS = 8.0, 4.0


def run() -> None:
    """Print the median and the 99th percentile of each call, made one after another."""
    with live_tickcast() as tickcast, connect(tickcast.settings.redis_address) as client:
        CandleStore(client).write(series(SYMBOL), random_candles(CANDLES))
        bars = f"/api/ohlcv?symbol={SYMBOL}&limit={BARS}&timeframe="
        asked = {
            "1,000 bars held": (f"{bars}1h", BARS_MS),
            "1,000 bars folded of hours": (f"{bars}4h", None),
            "snapshot": (f"/api/snapshot/{SYMBOL}", SNAPSHOT_MS),
        }
        caller = httpx.Client(base_url=tickcast.url, headers={"X-API-Key": tickcast.key})
        with caller:
            figures = {
                name: _told(_times(caller, path), goal) for name, (path, goal) in asked.items()
            }
    show(f"The data service over HTTP, {CALLS} calls each", figures)


def _times(caller: httpx.Client, path: str) -> list[float]:
    taken = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        caller.get(path).raise_for_status()
        taken.append(1e3 * (time.perf_counter() - begun))
    return taken


def _told(taken: list[float], goal: float | None) -> str:
    middle, late = percentile(taken, 0.5), percentile(taken, 0.99)
    judged = (
        "" if goal is None else f" (goal p50 < {goal:g} ms: {'met' if middle < goal else 'MISSED'})"
    )
    return f"p50 {middle:.1f} ms, p99 {late:.1f} ms{judged}"
