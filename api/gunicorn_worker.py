"""The kind of process that gunicorn starts: uvicorn, with limits of ours."""

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

# Open streams of events end with the process; they are not waited for longer than this.
STOP_SECONDS = 2


class Worker(UvicornWorker):  # type: ignore[misc]
    """Bounds what one WebSocket may hold in memory.

    A frame has at most 64 KiB (uvicorn alone: 16 MiB), and the protocol without
    I/O stops reading as soon as one waits, so that what queues is at most one
    read of the socket; `ws_max_queue` bounds the other protocol, should somebody
    choose it. Compression is off, so that no small frame unfolds into a large one.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "websockets-sansio",
        "ws_max_size": 65_536,
        "ws_max_queue": 16,
        "ws_per_message_deflate": False,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "server_header": False,
    }
