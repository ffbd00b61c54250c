"""What the training that draws the series of the next candle was worth."""

import msgspec

from api.next_candle.requests import NextCandleRequests
from api.next_candle.schemas import Metrics, SeriesQuery
from core.clock.times import format_time
from core.next_candle import candle_target
from storage.models.registry import Registry
from storage.models.runs import RunRecord


class ValidationMetrics:
    """Reads the validation of the champion; blocks."""

    def __init__(self, requests: NextCandleRequests, registry: Registry) -> None:
        self._requests = requests
        self._registry = registry

    def of(self, query: SeriesQuery) -> Metrics:
        """Return the metrics of a query's series."""
        run = self._registry.champion(candle_target(self._requests.stored(query)))
        return Metrics("empty") if run is None else _shown(run)


def _shown(run: RunRecord) -> Metrics:
    noted = run.metadata
    own = {
        "status": "ok",
        "started_at": format_time(noted["started_at"]),
        "finished_at": format_time(noted["finished_at"]),
        "last_candle": format_time(run.last_time * 1_000),
        "platform": run.series.platform,
        "symbol": run.series.symbol,
        "resolution": run.series.resolution,
        "days": noted["days"],
        "library": run.options.get("library"),
        "message": noted["message"],
        "run_id": run.id,
        "task_id": run.job_id,
    }
    return msgspec.convert({**noted["result"], **own}, Metrics)
