"""Drives the naive design: `bench.naive_stream` in one worker of its own."""

import os
import subprocess
import sys
import time
from typing import Any

from bench.running_tickcast import RunningTickcast
from storage.redis_connection import connect

TRADES = 1_000


def rate(tickcast: RunningTickcast) -> float:
    """Return trades a second from the first chain queued until all are stored."""
    client: Any = connect(tickcast.settings.redis_address)
    environment = os.environ | {"TICKCAST_DATA_DIR": str(tickcast.data_dir)}
    code = (
        "from bench import naive_stream as n\n"
        f"for i in range({TRADES}): n.send('N', 1_790_000_000_000 + i, 60_000.0, 0.1)"
    )
    worker = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-q", "-A", "bench.naive_stream", "worker",
            "-Q", "naive", "--pool", "prefork", "-c", "1", "--without-gossip",
            "--without-mingle", "--without-heartbeat",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(5)
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        while int(client.get("naive:stored") or 0) < TRADES:
            time.sleep(0.02)
        return TRADES / (time.perf_counter() - begun)
    finally:
        worker.terminate()
        worker.wait()
        client.close()
