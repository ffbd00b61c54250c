"""Heads of the ledger's chains in a file outside SQL, which only ever grows.

Each append writes two lines: what its chains' heads will be, synced before SQL
commits, and that they are. So a crash in between is told from a cut tail, and
no row can be added, removed or rewritten in SQL without the file knowing
otherwise. The same heads are logged.
"""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

import msgspec

from core.clock.times import now_ms
from core.errors import DatabaseUnavailable, StorageFull
from core.ledger import EVENTS, rows_chain
from storage.locks import lock_file

logger = logging.getLogger(__name__)

_TIMEOUT_S = 10.0


class State(StrEnum):
    """Whether SQL was about to hold the heads, or does."""

    PREPARED = "prepared"
    COMMITTED = "committed"


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: how many rows it has, and the hash of the last."""

    count: int
    hash: str


class HeadLine(msgspec.Struct, frozen=True):
    """One line of the file: when (epoch ms), and the heads of a ledger's chains by their names."""

    at: int
    ledger: str
    state: State
    heads: dict[str, Head]
    version: int = 2

    @property
    def rows(self) -> Head:
        """The head of the ledger's own rows: forecasts, signals or reports."""
        return self.heads[rows_chain(self.ledger)]

    @property
    def events(self) -> Head:
        """The head of its events."""
        return self.heads[EVENTS]


class _FirstLine(msgspec.Struct, frozen=True):
    """A line as earlier versions wrote it: `forecasts` is the head of the ledger's rows."""

    at: int
    ledger: str
    state: State
    forecasts: Head
    events: Head

    def now(self) -> HeadLine:
        """Return it as it is written today."""
        heads = {rows_chain(self.ledger): self.forecasts, EVENTS: self.events}
        return HeadLine(self.at, self.ledger, self.state, heads)


class Turn:
    """The right to append, held by one process at a time."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._prepared: dict[str, HeadLine] = {}

    def prepare(self, ledger: str, rows: Head, events: Head) -> None:
        """Write what the heads will be once SQL has committed."""
        heads = {rows_chain(ledger): rows, EVENTS: events}
        self._prepared[ledger] = HeadLine(now_ms(), ledger, State.PREPARED, heads)
        _write(self._file, self._prepared[ledger])

    def commit(self) -> None:
        """Write that SQL has committed what was prepared, if anything was."""
        for prepared in self._prepared.values():
            line = msgspec.structs.replace(prepared, at=now_ms(), state=State.COMMITTED)
            _write(self._file, line)
            logger.info(
                "ledger %s: %d rows, head %s; %d events, head %s",
                line.ledger,
                line.rows.count,
                line.rows.hash,
                line.events.count,
                line.events.hash,
            )


class Heads:
    """The file of heads at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for the turn to append; raises `DatabaseUnavailable` if it does not come."""
        with _file_errors():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(file)
            yield Turn(file)
        finally:
            os.close(file)

    def content(self) -> bytes:
        """Return the file as it is, empty if there is none."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""

    def read(self) -> list[HeadLine]:
        """Return all whole lines, oldest first; a line torn by a crash is left out."""
        return [line for text in self.content().splitlines() if (line := _parse(text))]

    def set_aside(self) -> None:
        """Rename the file, so that a backup's can take its place without destroying evidence."""
        if self.content():
            self.path.rename(self.path.with_name(f"heads-{now_ms()}.jsonl"))


def _parse(text: bytes) -> HeadLine | None:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(text, type=HeadLine)
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(text, type=_FirstLine).now()
    return None


def _write(file: int, line: HeadLine) -> None:
    content = msgspec.json.encode(line) + b"\n"
    with _file_errors():
        size = os.fstat(file).st_size
        # What a crash tore off must not swallow this line too.
        if size and os.pread(file, 1, size - 1) != b"\n":
            content = b"\n" + content
        os.write(file, content)
        os.fsync(file)


def _lock(file: int) -> None:
    if not lock_file(file, _TIMEOUT_S):
        raise DatabaseUnavailable("The ledger is busy at the moment.")


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("The disk is full; the ledger was not written.") from error
        raise DatabaseUnavailable("The ledger's file of heads cannot be written.") from error
