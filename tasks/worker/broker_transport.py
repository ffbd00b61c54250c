"""The broker's transport: kombu's on Redis, which survives messages that nobody can read.

kombu takes a message off its queue before it reads it. One that is no JSON, or no
message, would end the worker with it, and the next worker with the next.
"""

import json
import logging
from typing import Any

from kombu.transport import redis
from redis.exceptions import RedisError

from storage.jobs.dead_letters import queue_message

logger = logging.getLogger(__name__)


class Channel(redis.Channel):
    """Puts aside what is no JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            self.bury(_content(error))
            return True

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        while True:
            try:
                return super()._get(queue)  # type: ignore[no-untyped-call]
            except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
                self.bury(_content(error))

    def bury(self, content: str) -> None:
        """Keep the beginning of what cannot be read among the dead letters, and say so."""
        logger.error("a message that nobody can read was put aside: %.200s", content)
        try:
            with self.conn_or_acquire() as client, client.pipeline() as pipe:
                queue_message(pipe, content)
                pipe.execute()
        except RedisError:
            logger.exception("and it could not be kept")


class Transport(redis.Transport):
    """Delivers messages that have the form of one of ours: plain JSON."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        if _is_message(message):
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        elif self.channels:
            self.channels[0].bury(json.dumps(message))


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("body"), str):
        return False
    properties, headers = message.get("properties"), message.get("headers")
    return (
        message.get("content-type") == "application/json"
        and isinstance(headers, dict)
        and "compression" not in headers
        and isinstance(properties, dict)
        and isinstance(properties.get("delivery_tag"), str)
        and isinstance(properties.get("delivery_info"), dict)
    )


def _content(error: BaseException) -> str:
    found = getattr(error, "doc", None) or getattr(error, "object", b"")
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)
