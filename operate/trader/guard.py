"""Ends a trader that stands still within a transaction, so that its lock never holds up a halt.

On SQLite whoever writes holds the one write lock, and a process that is frozen meanwhile (stopped,
swapped out, hung in a system call) keeps it until it ends; on PostgreSQL it keeps the lock on the
switches. No other process can take the lock from it, and one that could commit later must not be
passed over. What is left is to end it: the kernel then gives the lock back, and the database rolls
back what was not committed. A child of the trader looks after that, since all threads of a frozen
process stand still.
"""

import mmap
import os
import signal
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from core.process.lifetime import die_with_parent

# As long as the trader's lease: by then nobody may count on it any more.
LIMIT_S = 5.0
# One that is not stopped may be slow, on a busy machine, and is given this many times as long.
_SLOW = 4
_LOOK_S = 0.1
_NONE = 0.0
_INSTANT = struct.Struct("d")


class LockGuard:
    """A child process that kills this one if it stands still in a transaction for `limit_s`.

    Whether it was stopped is known on Linux alone. Make it before any thread is begun. Where
    nothing can be forked, nothing is guarded.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._shared = mmap.mmap(-1, _INSTANT.size)
        self._begun: dict[int, float] = {}
        self._changing = threading.Lock()
        self._write(_NONE)
        guarded = os.getpid()
        if hasattr(os, "fork") and os.fork() == 0:
            self._guard(guarded, limit_s)

    def watch(self, engine: Engine) -> None:
        """Guard the writing transactions of an engine, from the moment they hold the lock."""
        event.listen(engine, "begin", self._note_begin)
        event.listen(engine.pool, "checkin", self._note_end)

    def _note_begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("tickcast_write"):
            self._note(id(connection.connection.dbapi_connection), time.monotonic())

    def _note_end(self, connection: Any, _record: object) -> None:
        self._note(id(connection), None)

    def _note(self, name: int, begun: float | None) -> None:
        with self._changing:
            if begun is None:
                self._begun.pop(name, None)
            else:
                self._begun[name] = begun
            self._write(min(self._begun.values(), default=_NONE))

    def _write(self, instant: float) -> None:
        self._shared[:] = _INSTANT.pack(instant)

    def _guard(self, guarded: int, limit_s: float) -> None:
        """Look at the other process until it ends; never returns."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        with suppress(BaseException):
            die_with_parent(parent=guarded)
            before = _NONE
            while os.getppid() == guarded:
                time.sleep(_LOOK_S)
                (begun,) = _INSTANT.unpack(self._shared[:])
                # Seen twice: a number that was half written is not believed.
                lasts = time.monotonic() - begun if begun == before != _NONE else 0.0
                if lasts > limit_s * (1 if _is_stopped(guarded) else _SLOW):
                    os.write(2, b"the trader stood still within a transaction: ended\n")
                    os.kill(guarded, signal.SIGKILL)
                    break
                before = begun
        os._exit(0)


def _is_stopped(process: int) -> bool:
    """Say whether a process was stopped, as by SIGSTOP or a debugger."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] in ("T", "t")
