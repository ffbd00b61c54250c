"""What the newest training of the next candle was worth."""

import msgspec

from api.next_candle.requests import NextCandleRequests
from api.next_candle.schemas import Metrics, SeriesQuery
from core.times import format_time
from storage.models.next_candle_runs import NextCandleRun, NextCandleRuns


class ValidationMetrics:
    """Reads the validation of the newest training; blocks."""

    def __init__(self, requests: NextCandleRequests, runs: NextCandleRuns) -> None:
        self._requests = requests
        self._runs = runs

    def of(self, query: SeriesQuery) -> Metrics:
        """Return the metrics of a query's series."""
        run = self._runs.newest(self._requests.stored(query))
        return Metrics("empty") if run is None else _shown(run)


def _shown(run: NextCandleRun) -> Metrics:
    own = {
        "status": "ok",
        "started_at": format_time(run.started_at),
        "finished_at": format_time(run.finished_at),
        "last_candle": format_time(run.last_time * 1_000),
        "platform": run.platform,
        "symbol": run.symbol,
        "resolution": run.resolution,
        "days": run.days,
        "library": run.options.get("library"),
        "message": run.message,
        "run_id": run.id,
        "task_id": run.job_id,
    }
    return msgspec.convert({**run.result, **own}, Metrics)
