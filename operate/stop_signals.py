"""The signals that ask us to end, and what they do before the supervisor looks after them."""

import os
import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = "Tickcast has stopped."


def end_at_once() -> None:
    """Have a signal end this process, which holds nothing yet, with exit code 0.

    An exception could be lost while modules are loaded: Python swallows those that
    come in a callback.
    """
    _handle(_end)


def interrupt() -> None:
    """Have every one of the signals raise `KeyboardInterrupt`, so that all is tidied up."""
    _handle(signal.default_int_handler)


def _handle(handler: "signal._HANDLER") -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(1, f"{STOPPED}\n".encode())
    os._exit(0)
