"""Entry point of the stream worker: as `tasks.main`, for many messages of milliseconds each."""

from tasks.celery_app import STREAM_TRANSPORT
from tasks.main import app

app.conf.update(
    broker_transport_options=STREAM_TRANSPORT,
    # Fetched while the one before is worked on: no trip to the broker in between.
    worker_prefetch_multiplier=16,
)
