"""`POST /api/v1/predictions`, computed anew and at hand."""

import time
from collections.abc import Callable

import httpx
import numpy as np

from bench.candles import random_candles, series
from bench.live import live_tickcast
from bench.measure import ROUNDS, percentile, show
from bench.predict_lstm import client_of
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.models.answer_cache import Asked
from storage.stores import Stores, open_stores

CANDLES, HORIZON, CALLS = 5_000, 18, 40
COMPUTED_GOAL_MS, AT_HAND_GOAL_MS = 25, 5


def run() -> None:
    """Print p50 and p99 over all rounds."""
    with live_tickcast() as tickcast, client_of(tickcast) as client:
        stores = open_stores(tickcast.settings)
        asked = Series("file", series("RANGE").symbol, 300)
        stores.candles.write(asked, _until_now(random_candles(CANDLES)))
        _train(client, asked)
        body = {"platform": asked.platform, "symbol": asked.symbol, "horizon": HORIZON}
        computed: list[float] = []
        at_hand: list[float] = []
        for _ in range(ROUNDS):
            for _ in range(CALLS):
                _forget(stores, asked)
                computed.append(_milliseconds(lambda: _predict(client, body)))
            at_hand += [_milliseconds(lambda: _predict(client, body)) for _ in range(CALLS)]
        stores.close()
    show(
        f"Predict the range of {HORIZON} candles ({ROUNDS}x{CALLS} calls)",
        _row("computed", computed, COMPUTED_GOAL_MS) | _row("at hand", at_hand, AT_HAND_GOAL_MS),
    )


def _row(name: str, times: list[float], goal: float) -> dict[str, str]:
    p50 = percentile(times, 0.5)
    met = "met" if p50 <= goal else "MISSED"
    return {
        f"{name} p50": f"{p50:.1f} ms (goal <= {goal} ms: {met})",
        f"{name} p99": f"{percentile(times, 0.99):.1f} ms",
    }


def _until_now(candles: Candles) -> Candles:
    last = int(time.time()) // 300 * 300
    opening = last - 300 * np.arange(len(candles), 0, -1, dtype=np.int64)
    prices = (candles.open, candles.high, candles.low, candles.close)
    return Candles(opening, *prices, candles.volume, candles.trades, candles.flags)


def _train(client: httpx.Client, asked: Series) -> None:
    body = {"platform": asked.platform, "symbol": asked.symbol, "horizons": [HORIZON], "folds": 2}
    task = client.post("/api/v1/models/train", json=body).raise_for_status().json()["task_id"]
    state: dict[str, object] = {"state": "queued"}
    while state["state"] in ("queued", "running"):
        time.sleep(0.5)
        state = client.get(f"/tasks/{task}").json()
    if state["state"] != "succeeded":
        raise RuntimeError(str(state))


def _forget(stores: Stores, asked: Series) -> None:
    stores.answers.forget(Asked("prediction", asked, HORIZON))


def _predict(client: httpx.Client, body: dict[str, object]) -> None:
    answer = client.post("/api/v1/predictions", json=body)
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} {answer.text}")


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1_000
