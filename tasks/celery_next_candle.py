"""The Celery tasks of the series of the next candle; `tasks.celery_tasks` has the others."""

from functools import partial

from tasks import queues
from tasks.candles import backfill_candles as filling
from tasks.candles import ingest_latest as ingesting
from tasks.celery_tasks import periodic, stage_of_job, task
from tasks.next_candle import train_next_candle as training
from tasks.next_candle.update_futures import FuturesUpdate
from tasks.runtime import runtime


@task(queues.TRAIN_NEXT_CANDLE)
def train_next_candle(job_id: str, stage: int) -> None:
    """Train and validate a model of the next candle."""
    stage_of_job(job_id, stage, training.train_next_candle)


@task(queues.WALK_NEXT_CANDLE)
def walk_next_candle(job_id: str, stage: int) -> None:
    """Judge it by a walk-forward, and let it speak in the ledger."""
    stage_of_job(job_id, stage, training.walk_next_candle)


@task(queues.REBUILD_SERIES)
def rebuild_series(job_id: str, stage: int) -> None:
    """Make a cached series anew."""
    stage_of_job(job_id, stage, runtime().series.rebuild)


@task(queues.COMPUTE_SERIES)
def compute_series(job_id: str, stage: int) -> None:
    """Compute a series for one caller."""
    stage_of_job(job_id, stage, runtime().series.compute)


@task(queues.UPDATE_FUTURES)
def update_futures(job_id: str, stage: int) -> None:
    """Enter forecasts of a series and join their outcomes."""
    shared = runtime()
    work = FuturesUpdate(shared.forecaster, shared.scorer, shared.series)
    stage_of_job(job_id, stage, work)


@task(queues.INGEST_LATEST)
def ingest_latest(job_id: str, stage: int) -> None:
    """Fetch the latest candles of a series."""
    stage_of_job(job_id, stage, partial(ingesting.ingest_latest, runtime().exchange))


@task(queues.BACKFILL_CANDLES)
def backfill_candles(job_id: str, stage: int) -> None:
    """Fill the gaps of a series."""
    open_exchange = partial(runtime().exchange, sleep_ms=0)
    stage_of_job(job_id, stage, partial(filling.backfill_candles, open_exchange))


@periodic(queues.EXTEND_SERIES)
def extend_series() -> None:
    """Bring cached series up to date."""
    runtime().series.extend_all()
