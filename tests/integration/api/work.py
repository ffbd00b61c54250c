"""What a worker does to a job, done by hand, and candles to work on."""

from typing import Any

import msgspec
import numpy as np

from core.jobs import Job, JobError, Progress
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tests.made_runs import named_run

HOURLY = Series("coinbase", "BTC-USD", 3_600)
START = 1_700_000_400 // 3_600 * 3_600
OPTIONS: dict[str, Any] = {
    "model_name": "trend",
    "model_id": "v1",
    "symbol": "BTC-USD",
    "resolution": "1h",
    "seq_len": 8,
}


def hold_candles(stores: Stores, count: int, series: Series = HOURLY, last_flag: int = 0) -> None:
    """Store ordinary candles from `START` on; the last one carries a flag."""
    time = START + np.arange(count, dtype=np.int64) * series.resolution
    close = 100.0 + np.arange(count) % 7
    flags = np.zeros(count, np.int64)
    flags[-1:] = last_flag
    trades = np.where(np.arange(count) % 2, 5, -1)
    columns = (close, close + 1, close - 1, close, np.full(count, 2.5))
    stores.candles.write(series, Candles(time, *columns, trades, flags))


def hold_partial(stores: Stores, count: int) -> None:
    """Store candles of which the last is unfinished."""
    hold_candles(stores, count, last_flag=int(CandleFlag.PARTIAL))


def hold_model(stores: Stores, nsteps: int = 3, rows_needed: int = 20) -> None:
    """Store a model whose files nobody will read."""
    folder = stores.registry.new_folder()
    (folder / "model.json").write_text("{}")
    noted = {
        "nsteps": nsteps,
        "seq_len": 8,
        "rows_needed": rows_needed,
        "n": 500,
        "trained_at": "2024-01-01T00:00:00Z",
        "verdict": "no_skill",
        "scores": {"mae": 1.0, "mase": float("nan")},
    }
    stores.named_runs.save(named_run("trend", "v1", HOURLY, metadata=noted), folder)


def advance(stores: Stores, job_id: str, progress: Progress) -> None:
    """Report progress as the worker of a job would, taking the job if nobody has."""
    lease = stores.jobs.claim(job_id, 0, "worker")
    assert lease
    stores.jobs.report(lease, progress)
    _tell(stores, stores.jobs.get(job_id))


def finish(stores: Stores, job_id: str, result: dict[str, Any], told: bool = True) -> None:
    """Let a worker take a job and succeed; without `told`, nobody hears of it."""
    lease = stores.jobs.claim(job_id, 0, "worker")
    assert lease
    job = stores.jobs.finish_step(lease, result)
    if told:
        _tell(stores, job)


def fail(stores: Stores, job_id: str, kind: str) -> None:
    """Let a worker take a job and fail."""
    lease = stores.jobs.claim(job_id, 0, "worker")
    assert lease
    _tell(stores, stores.jobs.fail(lease, JobError(kind, "That is why.")))


def _tell(stores: Stores, job: Job) -> None:
    stores.job_events.publish(msgspec.json.encode(job), job.id)
