"""What a job tells while it runs, to whoever listens at that moment."""

import redis

from storage import keys
from storage.redis_connection import redis_errors


class JobEvents:
    """Publishes a job's state; nothing is kept, the SQL row is what counts."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def publish(self, job_json: bytes, job_id: str) -> None:
        """Send the job, encoded, to its channel `jobs:{id}`."""
        with redis_errors():
            self._client.publish(keys.job_events(job_id), job_json)
