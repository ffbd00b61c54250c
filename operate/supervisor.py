"""Keeps the processes of the Procfile running: starts again what dies, ends all in order."""

import selectors
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from core.errors import TickcastError
from core.plain_text import escape_controls
from operate.child_process import ChildProcess
from operate.log_lines import readable
from operate.output import Output
from operate.stop_signals import STOP_SIGNALS

TICK = 0.1
# Idle workers end within a second. A longer task is not waited for: its job
# is given out again at the next start.
STOP_PATIENCE = 5.0
LAST_STOP_PATIENCE = 30.0
# So many deaths in a row, before everything was ready once, are no accident.
START_ATTEMPTS = 4


class StopRequested(Exception):
    """Somebody asked the supervisor to end."""


class WillNotStart(TickcastError):
    """A process dies again and again while everything starts."""

    type = "will_not_start"


class Supervisor:
    """Runs processes until told to stop; those in `last` are stopped after the others.

    Use as a context: on leaving it nothing of ours runs any more. Needs the
    main thread, because it takes over the signals.
    """

    def __init__(self, output: Output, last: Iterable[str] = ()) -> None:
        self._output = output
        self._last = frozenset(last)
        self._processes: list[ChildProcess] = []
        self._selector = selectors.DefaultSelector()
        self._asked_at = 0.0
        self._insisted = 0
        self._settled = False

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            signal.signal(number, self._request_stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop([p for p in self._processes if p.name not in self._last], STOP_PATIENCE)
        self._stop([p for p in self._processes if p.name in self._last], LAST_STOP_PATIENCE)
        self._selector.close()

    def start(self, process: ChildProcess) -> None:
        """Start a process now and keep it running from now on."""
        self._processes.append(process)
        self._launch(process)

    def settle(self) -> None:
        """Say that everything was ready once: from now on no death is final."""
        self._settled = True

    def until(self, condition: Callable[[], bool], patience: float = float("inf")) -> bool:
        """Keep all running until the condition holds or `patience` seconds are over.

        Raises `StopRequested` on a signal, and `WillNotStart` when a process
        dies several times in a row before `settle`.
        """
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                return False
            if self._asked_at:
                raise StopRequested
            self._pump()
            for process in self._processes:
                self._revive(process)
        return True

    def _launch(self, process: ChildProcess) -> None:
        process.start()
        self._selector.register(process.output, selectors.EVENT_READ, process)

    def _revive(self, process: ChildProcess) -> None:
        if process.due:
            self._launch(process)
        elif process.ended:
            code = self._reap(process)
            if not self._settled and process.failures >= START_ATTEMPTS:
                why = escape_controls(process.last_line)
                raise WillNotStart(f"{process.name} cannot start: {why}")
            self._output.say(f"{process.name} ended ({_reason(code)}) and is started again.")

    def _reap(self, process: ChildProcess) -> int:
        while self._print(process):
            pass
        with suppress(KeyError):
            self._selector.unregister(process.output)
        return process.reap()

    def _pump(self) -> None:
        for key, _ in self._selector.select(TICK):
            self._print(key.data)

    def _print(self, process: ChildProcess) -> bool:
        try:
            lines = process.read_lines()
        except EOFError:
            with suppress(KeyError):
                self._selector.unregister(process.output)
            return False
        for line in lines:
            for shown in readable(line):
                self._output.line(process.name, process.colour, shown)
        return bool(lines)

    def _stop(self, processes: list[ChildProcess], patience: float) -> None:
        begun, insisted = time.monotonic(), self._insisted
        for process in processes:
            process.terminate()
        while running := [process for process in processes if process.running]:
            if time.monotonic() > begun + patience or self._insisted > insisted:
                for process in running:
                    process.kill()
            self._pump()
            for process in running:
                if process.ended:
                    self._reap(process)

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        # make passes SIGTERM on to us, so a group that is told to end tells us
        # twice at once; only a later signal is an impatient one.
        now = time.monotonic()
        self._asked_at = self._asked_at or now
        self._insisted += now > self._asked_at + 1


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
