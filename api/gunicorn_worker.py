"""The kind of process that gunicorn starts: uvicorn, with limits of ours."""

from functools import partial
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from api.bounded_http import BoundedHttp, CountedWebSocket
from api.open_sockets import OpenSockets
from core.process.shared_counts import process_counts
from core.settings import read_settings

# Open streams of events end with the process; they are not waited for longer than this.
STOP_SECONDS = 2


class Worker(UvicornWorker):  # type: ignore[misc]
    """Bounds what is read before a key is known, and what one WebSocket may hold in memory.

    A frame has at most 64 KiB (uvicorn alone: 16 MiB), and the protocol without
    I/O stops reading as soon as one waits, so that what queues is at most one
    read of the socket; `ws_max_queue` bounds the other protocol, should somebody
    choose it. Compression is off, so that no small frame unfolds into a large one.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "ws_max_size": 65_536,
        "ws_max_queue": 16,
        "ws_per_message_deflate": False,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "server_header": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = read_settings()
        limits = settings.address_sockets, settings.process_sockets
        sockets = OpenSockets(*limits, process_counts())
        self.config.http = partial(BoundedHttp, sockets=sockets)
        self.config.ws = partial(CountedWebSocket, sockets=sockets)
