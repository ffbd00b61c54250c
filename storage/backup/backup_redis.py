"""The part of a backup that comes from Redis: dumps of keys, and streams by pages."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec
from redis.exceptions import ResponseError

from core.errors import TickcastError
from storage import keys
from storage.redis_connection import redis_errors

# Redis takes no argument above this, so that a longer dump could never be restored.
LONGEST_DUMP = 512 * 1024 * 1024 - 1_024
_PAGE = 1_000
_BATCH_BYTES = 8 * 1024 * 1024


class KeyDump(msgspec.Struct, array_like=True, frozen=True):
    """A key as DUMP gives it; `ttl` in ms, 0 for none."""

    key: bytes
    ttl: int
    value: bytes


class StreamPage(msgspec.Struct, array_like=True, frozen=True):
    """Some entries of a stream, of which `first` says that none came before."""

    key: bytes
    first: bool
    entries: list[tuple[bytes, dict[bytes, bytes]]]


def held_keys(client: Any) -> list[bytes]:
    """Return all keys that belong into a backup, those of one symbol next to each other."""
    prefixes = (*keys.OF_A_SYMBOL, *keys.OF_THE_WHOLE)
    with redis_errors():
        found = {k for p in prefixes for k in client.scan_iter(match=f"{p}:*", count=1_000)}
    # The index comes last: it must not name a series that is not in the backup.
    return sorted(found, key=lambda key: (_group(key) == b"", _group(key), key))


def dump_keys(client: Any) -> Iterator[KeyDump | StreamPage]:
    """Yield all keys; those of one platform and symbol as they are at one moment.

    A symbol to which keys were added meanwhile is yielded once more, whole: the
    later copy counts. Held in memory is at most one symbol without its journal.
    """
    done: set[bytes] = set()
    for _ in range(2):
        found = held_keys(client)
        fresh = {_group(key) for key in found if key not in done}
        for group, members in groupby(found, _group):
            if group in fresh:
                yield from _dump_group(client, list(members), together=bool(group))
        done.update(found)


def clear_keys(client: Any) -> None:
    """Remove everything that a backup would hold."""
    with redis_errors():
        found = held_keys(client)
        for start in range(0, len(found), _PAGE):
            client.unlink(*found[start : start + _PAGE])


class RedisRestorer:
    """Puts keys back, several in one round trip; `finish` sends the rest."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._pipeline = client.pipeline(transaction=False)
        self._size = 0

    def put(self, part: KeyDump | StreamPage) -> None:
        """Put back a key or a page of a stream; what the key held before is gone."""
        if isinstance(part, KeyDump):
            self._pipeline.restore(part.key, part.ttl, part.value, replace=True)
            self._size += len(part.value)
        else:
            if part.first:
                self._pipeline.unlink(part.key)
            for entry, fields in part.entries:
                self._pipeline.xadd(part.key, fields, id=entry)
                self._size += sum(map(len, fields.values()))
        if self._size > _BATCH_BYTES:
            self.finish()

    def finish(self) -> None:
        """Send what is left. Raises `StorageFull`, or an error if this Redis is too old."""
        self._size = 0
        with redis_errors():
            try:
                self._pipeline.execute()
            except ResponseError as error:
                if "DUMP payload" not in str(error) and "Bad data format" not in str(error):
                    raise
                raise TickcastError(
                    "This Redis is older than the one that was backed up and cannot read it."
                ) from error


def _group(key: bytes) -> bytes:
    """Return platform and symbol of a key, nothing for one that has none."""
    kind, *parts = key.split(b":")
    return b":".join(parts[:2]) if kind.decode() in keys.OF_A_SYMBOL else b""


def _dump_group(client: Any, names: list[bytes], together: bool) -> Iterator[KeyDump | StreamPage]:
    size = len(names) if together else 100
    for start in range(0, len(names), size):
        with redis_errors():
            yield from _dump(client, names[start : start + size])


def _dump(client: Any, names: list[bytes]) -> Iterator[KeyDump | StreamPage]:
    kinds = client.pipeline(transaction=False)
    for name in names:
        kinds.type(name)
    streams = [name for name, kind in zip(names, kinds.execute(), strict=True) if kind == b"stream"]
    pipeline = client.pipeline(transaction=True)
    for name in names:
        if name in streams:
            pipeline.xrevrange(name, count=1)
        else:
            pipeline.pttl(name).dump(name)
    answers = iter(pipeline.execute())
    lasts = {}
    for name in names:
        if name in streams:
            lasts[name] = next(answers)
        else:
            yield from _key_dump(name, next(answers), next(answers))
    for name, last in lasts.items():
        if last:
            yield from _pages(client, name, last[0][0])


def _key_dump(name: bytes, ttl: int, value: bytes | None) -> Iterator[KeyDump]:
    if value is None:  # expired or deleted since it was listed
        return
    if len(value) > LONGEST_DUMP:
        raise TickcastError("A series is too large to be restored; set a retention for it.")
    yield KeyDump(name, max(ttl, 0), value)


def _pages(client: Any, name: bytes, last: bytes) -> Iterator[StreamPage]:
    """Yield a stream up to an entry: it only grows, so that no transaction is needed."""
    start = b"-"
    while entries := client.xrange(name, start, last, count=_PAGE):
        yield StreamPage(name, start == b"-", entries)
        start = b"(" + entries[-1][0]
