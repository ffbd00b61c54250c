"""One command of the Procfile: started, read, stopped, and due again when it dies."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

from core.process.lifetime import die_with_parent

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
# A process that lived this long has started well; its failures are forgotten.
SETTLED = 20.0
CHUNK = 65_536


class ChildProcess:
    """A child in a session of its own, which dies with us even when we are killed.

    `failures` counts ends in quick succession; each doubles the delay until
    the next start, from 0.2 s to 10 s.
    """

    def __init__(
        self, name: str, command: str, environment: Mapping[str, str], colour: str | None = None
    ) -> None:
        self.name = name
        self.colour = colour
        self.failures = 0
        self.last_line = ""
        self._command = shlex.split(command)
        self._environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None
        self._started = self._due = 0.0
        self._unfinished = b""

    @property
    def running(self) -> bool:
        """Whether the child was started and has not been seen to end."""
        return self._child is not None

    @property
    def due(self) -> bool:
        """Whether the delay after the last end is over."""
        return self._child is None and time.monotonic() >= self._due

    @property
    def pid(self) -> int:
        """Process id of the running child, which is also its group's."""
        assert self._child is not None
        return int(self._child.pid)

    def start(self) -> None:
        """Start the command; its output is read without waiting."""
        parent = os.getpid()
        self._child = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),
        )
        self._started = time.monotonic()
        os.set_blocking(self.output, False)

    @property
    def output(self) -> int:
        """File descriptor of the child's output."""
        assert self._child is not None
        assert self._child.stdout is not None
        return self._child.stdout.fileno()

    @property
    def ended(self) -> bool:
        """Whether the child is dead and waits to be reaped (its id is still its own)."""
        wanted = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self.running and os.waitid(os.P_PID, self.pid, wanted) is not None

    def read_lines(self) -> list[str]:
        """Return the whole lines that are there, without waiting; EOFError at the end."""
        try:
            chunk = os.read(self.output, CHUNK)
        except BlockingIOError:
            return []
        if not chunk and not self._unfinished:
            raise EOFError
        *whole, rest = (self._unfinished + (chunk or b"\n")).split(b"\n")
        self._unfinished = rest[-CHUNK:]
        lines = [line.decode(errors="replace").rstrip() for line in whole]
        self.last_line = next((line for line in reversed(lines) if line), self.last_line)
        return lines

    def reap(self) -> int:
        """Clean up after the child that has ended; return its exit code.

        What it left behind in its process group is killed, so that an orphan
        never holds a port or a lock that the next start needs.
        """
        assert self._child is not None
        self.kill()
        code = self._child.wait()
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._child, self._unfinished = None, b""
        self._set_due()
        return int(code)

    def _set_due(self) -> None:
        now = time.monotonic()
        self.failures = 1 if now - self._started > SETTLED else self.failures + 1
        self._due = now + min(LONGEST_DELAY, FIRST_DELAY * 2 ** (self.failures - 1))

    def terminate(self) -> None:
        """Ask the child, not its group, to end: it knows best how to end its own."""
        if self.running:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill the child and its whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
