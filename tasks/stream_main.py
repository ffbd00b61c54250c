"""Entry point of the stream worker: as `tasks.main`, for many messages of milliseconds each."""

from typing import Any

from celery.signals import worker_ready  # type: ignore[import-untyped]

from tasks.celery_app import STREAM_TRANSPORT
from tasks.main import app
from tasks.runtime import runtime
from tasks.trades.maintain_inbox import take_up

app.conf.update(
    broker_transport_options=STREAM_TRANSPORT,
    # Fetched while the one before is worked on: no trip to the broker in between.
    worker_prefetch_multiplier=16,
)


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def _take_up(**_: Any) -> None:
    """Go on at once with what a worker before this one left, whatever ended it."""
    take_up(runtime().stream, runtime().enqueue_stream)
