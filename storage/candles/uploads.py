"""Candles that were sent to us and wait for the job that stores them."""

from typing import Any

import redis

from core.errors import NotFound
from storage import keys
from storage.candles.candle_columns import Candles
from storage.redis_connection import redis_errors

# Longer than any job may wait in its queue; what no job fetched by then is rubbish.
KEEP_SECONDS = 7 * 86_400


class UploadStore:
    """Packed candles under the id of their job; durable as soon as `put` returns."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def put(self, job_id: str, candles: Candles) -> None:
        """Keep candles for a job, for a week at most."""
        with redis_errors():
            self._client.set(keys.upload(job_id), candles.to_bytes(), ex=KEEP_SECONDS)

    def get(self, job_id: str) -> Candles:
        """Return a job's candles; raises `NotFound`."""
        with redis_errors():
            packed: Any = self._client.get(keys.upload(job_id))
        if packed is None:
            raise NotFound("The uploaded candles of this task are gone; send them again.")
        return Candles.from_bytes(packed)

    def drop(self, job_id: str) -> None:
        """Forget a job's candles; it is no error if there are none."""
        with redis_errors():
            self._client.delete(keys.upload(job_id))
