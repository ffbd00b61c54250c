"""`POST /lstm/predict` through Celery against the bare call of ONNX Runtime."""

import json
import time
from collections.abc import Callable

import httpx
import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from bench.candles import random_candles, series
from bench.live import live_tickcast
from bench.measure import ROUNDS, percentile, show
from bench.running_tickcast import RunningTickcast
from storage.stores import open_stores

CANDLES, SEQ_LEN, NSTEPS, CALLS = 3_000, 60, 24, 60
GOAL_MS = 15
MODEL = {"model_name": "bench", "model_id": "1"}


def run() -> None:
    """Print p50 and p99 over all rounds."""
    with live_tickcast() as tickcast, client_of(tickcast) as client:
        train(tickcast, client)
        session, window = _bare(tickcast)
        served: list[float] = []
        bare: list[float] = []
        for _ in range(ROUNDS):
            served += [_milliseconds(lambda: _predict(client)) for _ in range(CALLS)]
            bare += [_milliseconds(lambda: session.run(None, window)) for _ in range(CALLS)]
    p50 = percentile(served, 0.5)
    show(
        f"Predict with an LSTM of {SEQ_LEN} candles, {NSTEPS} steps ({ROUNDS}x{CALLS} calls)",
        {
            "POST /lstm/predict p50": f"{p50:.1f} ms (goal <= {GOAL_MS} ms: "
            f"{'met' if p50 <= GOAL_MS else 'MISSED'})",
            "POST /lstm/predict p99": f"{percentile(served, 0.99):.1f} ms",
            "bare ONNX Runtime p50": f"{percentile(bare, 0.5):.3f} ms",
            "bare ONNX Runtime p99": f"{percentile(bare, 0.99):.3f} ms",
        },
    )


def client_of(tickcast: RunningTickcast) -> httpx.Client:
    """Return an HTTP client with the server's key."""
    headers = {"X-API-Key": tickcast.key}
    return httpx.Client(base_url=tickcast.url, headers=headers, timeout=300)


def train(tickcast: RunningTickcast, client: httpx.Client) -> None:
    """Store candles beside the server and have it train a small model on them."""
    asked = series("PREDICT")
    stores = open_stores(tickcast.settings)
    stores.candles.write(asked, random_candles(CANDLES))
    stores.close()
    body = {
        **MODEL, "platform": asked.platform, "symbol": asked.symbol, "resolution": "1h",
        "seq_len": SEQ_LEN, "nsteps": NSTEPS, "epochs": 1, "seed": 1,
    }  # fmt: skip
    task = client.post("/lstm/train", json=body).raise_for_status().json()["task_id"]
    state = ""
    while state not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.5)
        state = client.get(f"/tasks/{task}").json()["state"]
    if state != "succeeded":
        raise RuntimeError(json.dumps(client.get(f"/tasks/{task}").json()))


def _predict(client: httpx.Client) -> None:
    answer = client.post("/lstm/predict", json=MODEL)
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} {answer.text}")


def _bare(tickcast: RunningTickcast) -> "tuple[onnxruntime.InferenceSession, dict[str, object]]":
    stores = open_stores(tickcast.settings)
    record = stores.named_runs.get(MODEL["model_name"], MODEL["model_id"])
    session = onnxruntime.InferenceSession(stores.named_runs.read_files(record)["model.onnx"])
    stores.close()
    given = session.get_inputs()[0]
    shape = [size if isinstance(size, int) else 1 for size in given.shape]
    return session, {given.name: np.zeros(shape, np.float32)}


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1_000
