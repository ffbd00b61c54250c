"""Keeps the embedded Redis alive on a disk that fills."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import redis
from redis.exceptions import RedisError

from core.settings import Settings
from storage.disk_room import DiskRoom
from storage.redis_connection import connect

_LOOK_SECONDS = 0.1
ALWAYS, EVERY_SECOND = "always", "everysec"


def fsync_of(settings: Settings, room: DiskRoom) -> str:
    """Return how the embedded Redis syncs at present.

    With `always` it ends when it cannot write, with `everysec` it refuses writes
    until it can. While the disk is short nothing is accepted that it could lose.
    """
    return EVERY_SECOND if room.fault else settings.redis_fsync


class DiskWatch:
    """Tells the embedded Redis how to sync, as the disk fills and empties; a context."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._room = DiskRoom(settings.data_dir, settings.disk_reserve_mb)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="disk-watch", daemon=True)

    def __enter__(self) -> Self:
        if self._settings.embedded_redis and self._settings.redis_fsync == ALWAYS:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        client = connect(self._settings.redis_address, timeout=1, retries=0)
        told = ""
        while not self._ended.wait(_LOOK_SECONDS):
            wanted = fsync_of(self._settings, self._room)
            # A Redis that was started again meanwhile does not know: while short, say it each time.
            if wanted != told or wanted == EVERY_SECOND:
                told = wanted if self._tell(client, wanted) else ""
        client.close()

    def _tell(self, client: "redis.Redis", wanted: str) -> bool:
        with suppress(RedisError):
            return bool(client.config_set("appendfsync", wanted))
        return False
