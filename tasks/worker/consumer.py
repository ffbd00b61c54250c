"""What takes messages in a worker: Celery's own, which keeps what it cannot use."""

from collections.abc import Callable
from functools import partial
from typing import Any

from celery.worker import consumer  # type: ignore[import-untyped]

from tasks.worker.dead_messages import put_aside


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Puts aside a body that is not that of a task.

    Celery only writes what it cannot decode into its log, and ends of what it cannot unpack.
    """

    def ensure_connected(self, conn: Any) -> Any:
        """Try again every two seconds while the broker is away or full.

        Celery waits longer each time, up to half a minute, and would begin so late after it.
        """
        conn.ensure_connection = partial(conn.ensure_connection, interval_step=0)
        return super().ensure_connected(conn)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """Return what takes a message."""
        take = super().create_task_handler(*args, **kwargs)

        def take_or_put_aside(message: Any) -> None:
            if _is_of_a_task(message):
                take(message)
            else:
                put_aside(message, "no arguments of a task")
                message.ack()

        return take_or_put_aside

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Keep the message, then do as Celery does: acknowledge it."""
        put_aside(message, "a body that is no JSON")
        super().on_decode_error(message, exc)


def _is_of_a_task(message: Any) -> bool:
    """Say whether a body is a list of arguments, named ones, and options; not if it has none."""
    try:
        body = message.payload  # decoded once
    except Exception:
        return True  # Celery will say so too
    return isinstance(body, list) and list(map(type, body)) == [list, dict, dict]
