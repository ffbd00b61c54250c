"""Seconds from the command to `GET /health` answering 200, and from Ctrl-C to the end."""

import tempfile
import time
from pathlib import Path
from statistics import median

from bench.candles import random_candles, series
from bench.measure import ROUNDS, show
from bench.running_tickcast import RunningTickcast
from storage.candles.candle_store import CandleStore
from storage.redis_connection import connect

CANDLES = 20_000
GOAL = 15


def run() -> None:
    """Print the first start on an empty folder and the medians of restarts."""
    with tempfile.TemporaryDirectory(prefix="tickcast-bench-") as folder:
        data_dir = Path(folder) / "data"
        with RunningTickcast(data_dir) as first, connect(first.settings.redis_address) as client:
            CandleStore(client).write(series("HELD"), random_candles(CANDLES))
        restarts = [_restart(data_dir) for _ in range(ROUNDS)]
    ready = median(seconds for seconds, _ in restarts)
    show(
        f"Start-up to ready (restarts hold {CANDLES:,} candles)",
        {
            "first start, empty folder": f"{first.seconds:.1f} s",
            "restart": f"{ready:.1f} s (goal <= {GOAL} s: {'met' if ready <= GOAL else 'MISSED'})",
            "Ctrl-C to the end": f"{median(seconds for _, seconds in restarts):.1f} s",
        },
    )


def _restart(data_dir: Path) -> tuple[float, float]:
    with RunningTickcast(data_dir) as tickcast:
        begun = time.monotonic()
        tickcast.stop()
        return tickcast.seconds, time.monotonic() - begun
