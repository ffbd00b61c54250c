"""Journal batches too old for Redis: one compressed file an hour, read back transparently."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import redis

from core.clock.resolutions import DAY
from core.names import check_name
from core.process.recent import Recent
from storage import keys
from storage.journal.columns import Trades
from storage.journal.journal import INDEXES, SPAN_MS, unpack
from storage.redis_connection import redis_errors

DAY_MS = DAY * 1_000
_KEPT_FROM = "kept_from"
_FRAME = struct.Struct("<HI")  # lengths of the entry's name and of its packed batch
# Files whose contents are known without reading them again: whoever pages asks for one often.
_INDEXES = 16


class Stamp(NamedTuple):
    """By what a file is known not to have changed: it only ever grows."""

    modified_ns: int
    size: int


class _Place(NamedTuple):
    """Where in its file a packed batch lies, and the span of its trades (microseconds)."""

    first: int
    last: int
    name: str
    start: int
    length: int


class JournalArchive:
    """Files `{folder}/{platform}/{symbol}/{hour}.journal`, hour in epoch milliseconds.

    A file is a row of frames (entry name, packed batch) and only ever grows; a
    frame that a crash cut short or wrote twice is passed over when reading. Beside them
    `kept_from` says from when on there are any, once old ones were deleted.
    """

    def __init__(self, client: "redis.Redis", folder: Path) -> None:
        self._client: Any = client
        self._folder = folder
        self._indexes: Recent[tuple[Path, Stamp], list[_Place]] = Recent(_INDEXES)

    def spill(
        self,
        platform: str,
        symbol: str,
        before_ms: int,
        most: int = 10_000,
        judged: int | None = None,
    ) -> int:
        """Move at most `most` entries of hours that ended before `before_ms` to files.

        They leave Redis only after the files are synced; returns how many moved.
        With `judged` only those up to that version go: the detector of anomalies
        reads on from there.
        """
        moved = 0
        for span in INDEXES:
            index = keys.journal_index(platform, symbol, span)
            with redis_errors():
                due = self._client.zrangebyscore(
                    index, 0, before_ms - SPAN_MS, start=0, num=most - moved, withscores=True
                )
                if judged is not None:
                    due = [row for row in due if int(row[0].split(b"-")[0]) <= judged]
                for start in range(0, len(due), 100):
                    self._move(platform, symbol, index, due[start : start + 100])
            moved += len(due)
        return moved

    def due(self, platform: str, symbol: str, before_ms: int) -> bool:
        """Say whether entries of hours that ended before `before_ms` are in Redis still."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for span in INDEXES:
                index = keys.journal_index(platform, symbol, span)
                pipe.zcount(index, 0, before_ms - SPAN_MS)
            return any(pipe.execute())

    def entries(
        self, platform: str, symbol: str, hour: int, start: int, end: int
    ) -> Iterator[tuple[int, str, Trades]]:
        """Yield (first trade, entry, batch) of one hour (epoch ms) of `hours`, by first trades.

        Only of batches that span any of `start..end` (microseconds, both included). A batch is
        read when it is asked for.
        """
        path = self._symbol_folder(platform, symbol) / f"{hour}.journal"
        try:
            file = path.open("rb")
        except FileNotFoundError:  # purged since its name was read
            return
        with file:
            key = path, _stamp(os.fstat(file.fileno()))
            for place in self._indexes.get(key, lambda: _index(file)):
                if place.first <= end and place.last >= start:
                    file.seek(place.start)
                    yield place.first, place.name, unpack(file.read(place.length))

    def stamp(self, platform: str, symbol: str, hour: int) -> Stamp | None:
        """Return how the file of an hour stands, None where there is none."""
        try:
            return _stamp((self._symbol_folder(platform, symbol) / f"{hour}.journal").stat())
        except FileNotFoundError:  # purged since its name was read
            return None

    def hours(self, platform: str, symbol: str) -> list[int]:
        """Return the hours (epoch ms) that have a file."""
        paths = self._symbol_folder(platform, symbol).glob("*.journal")
        return sorted(int(path.stem) for path in paths)

    def purge(self, before_ms: int) -> int:
        """Delete the files of all markets of days that ended before an instant; returns how many.

        From when on trades are kept is noted first: nothing older can be compared any more.
        """
        day = before_ms // DAY_MS * DAY_MS
        deleted = 0
        for folder in self._folder.glob("*/*/"):
            old = [path for path in folder.glob("*.journal") if int(path.stem) < day]
            if old and _kept_from(folder) < day:
                _note(folder, day)
            for path in old:
                path.unlink(missing_ok=True)
            deleted += len(old)
        return deleted

    def kept_from(self, platform: str, symbol: str) -> int:
        """Return since when a market's trades are kept (epoch ms); 0 where all are."""
        return _kept_from(self._symbol_folder(platform, symbol))

    def _move(self, platform: str, symbol: str, index: str, chunk: list[Any]) -> None:
        stream = keys.journal(platform, symbol)
        pipe = self._client.pipeline(transaction=False)
        for name, _ in chunk:
            pipe.xrange(stream, name, name)
        self._append(platform, symbol, chunk, pipe.execute())
        done = self._client.pipeline(transaction=True)
        done.xdel(stream, *(name for name, _ in chunk))
        done.zrem(index, *(name for name, _ in chunk))
        done.execute()

    def _append(self, platform: str, symbol: str, chunk: list[Any], replies: list[Any]) -> None:
        folder = self._symbol_folder(platform, symbol)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        frames: dict[int, list[bytes]] = {}
        for (name, first_ms), reply in zip(chunk, replies, strict=True):
            for _, fields in reply:
                packed = fields[b"b"]
                hour = int(first_ms) // SPAN_MS * SPAN_MS
                frames.setdefault(hour, []).append(_FRAME.pack(len(name), len(packed)) + name)
                frames[hour].append(packed)
        for hour, parts in frames.items():
            path = folder / f"{hour}.journal"
            whole = _whole_length(path.read_bytes()) if path.exists() else 0
            with path.open("ab") as file:
                # What a crash cut short goes, or nothing after it could be read.
                file.truncate(whole)
                file.write(b"".join(parts))
                file.flush()
                os.fsync(file.fileno())

    def _symbol_folder(self, platform: str, symbol: str) -> Path:
        return self._folder / check_name(platform, "platform") / check_name(symbol, "symbol")


def _stamp(told: os.stat_result) -> Stamp:
    return Stamp(told.st_mtime_ns, told.st_size)


def _kept_from(folder: Path) -> int:
    try:
        return int((folder / _KEPT_FROM).read_text())
    except FileNotFoundError:
        return 0


def _note(folder: Path, day: int) -> None:
    draft = folder / f"{_KEPT_FROM}.new"
    with draft.open("w") as file:
        file.write(str(day))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _KEPT_FROM)


def _index(file: IO[bytes]) -> list[_Place]:
    """Return the places of all whole batches, each once, by their first trades."""
    data, places = file.read(), dict[str, _Place]()
    for start, name_length, length in _frames(data):
        name = data[start : start + name_length].decode()
        if name not in places:
            packed = start + name_length
            time = unpack(data[packed : packed + length]).time
            places[name] = _Place(int(time.min()), int(time.max()), name, packed, length)
    return sorted(places.values())


def _frames(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (start of the name, its length, the batch's length) of every whole frame."""
    at = 0
    while at + _FRAME.size <= len(data):
        name_length, length = _FRAME.unpack_from(data, at)
        start = at + _FRAME.size
        at = start + name_length + length
        if at > len(data):
            return
        yield start, name_length, length


def _whole_length(data: bytes) -> int:
    return max((start + name + batch for start, name, batch in _frames(data)), default=0)
