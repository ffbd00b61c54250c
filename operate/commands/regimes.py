"""`tickcast regimes`: whether regimes foretell anything, checked by a worker."""

import time
from typing import Annotated

import msgspec
import typer

from core.jobs import Job
from core.requests import CheckRegimes
from core.series import make_series
from core.settings import read_settings
from operate.opened_stores import opened_stores
from storage.stores import Stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.task_table import CHECK_REGIMES

_PAUSE_S = 0.2


def regimes(
    platform: Annotated[str, typer.Argument(help="Such as coinbase.")],
    symbol: Annotated[str, typer.Argument(help="Such as BTC-USD.")],
    resolution: Annotated[str, typer.Argument(help="Such as 5m.")],
    horizon: Annotated[int, typer.Option(min=1, max=288, help="Candles ahead.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Of the shuffles.")] = 0,
    wait: Annotated[float, typer.Option(min=0, help="Seconds until it is left to itself.")] = 600,
) -> None:
    """Check whether volatility and trend regimes foretell anything about a series.

    A worker of the running server does it, as a task; the result stays in there.
    """
    settings = read_settings()
    series = make_series(platform, symbol, resolution)
    request = CheckRegimes(**msgspec.structs.asdict(series), horizon=horizon, seed=seed)
    with opened_stores(settings) as stores:
        sender = Enqueue(stores.jobs, stores.uploads, make_celery(settings.broker_address))
        job = sender.begin(CHECK_REGIMES, request)
        typer.echo(f"task {job.id}", err=True)
        _show(_ended(stores, job, wait))


def _ended(stores: Stores, job: Job, seconds: float) -> Job:
    until = time.monotonic() + seconds
    while not job.ended and time.monotonic() < until:
        time.sleep(_PAUSE_S)
        job = stores.jobs.get(job.id)
    return job


def _show(job: Job) -> None:
    if job.error is not None:
        typer.echo(job.error.detail, err=True)
        raise typer.Exit(1)
    if job.result is not None:
        typer.echo(msgspec.json.format(msgspec.json.encode(job.result), indent=2).decode())
