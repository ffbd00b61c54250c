"""What all processes print, line by line on one terminal, in honcho's form."""

import selectors
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from honcho.printer import Message, Printer  # type: ignore[import-untyped]

# Pipes count as writable when at least PIPE_BUF (4,096) bytes are free.
LINE_LIMIT = 3_500


class Output:
    """Prints lines with time and process name, and never waits for a reader.

    A reader that stands still must not stop the keeper: lines that would
    block are dropped and counted, and the count is told later.
    """

    def __init__(self, width: int, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._printer = Printer(self._stream, width=width)
        self._dropped = 0

    def line(self, name: str, colour: str | None, text: str) -> None:
        """Print one line of the process `name`."""
        message = Message("line", text[:LINE_LIMIT], datetime.now().astimezone(), name, colour)
        if self._room():
            self._tell_dropped()
            self._quietly(lambda: self._printer.write(message))

    def say(self, sentence: str) -> None:
        """Print a sentence of our own, without prefix, so that it stands out."""
        if self._room():
            self._quietly(lambda: print(sentence, file=self._stream, flush=True))

    def _tell_dropped(self) -> None:
        if self._dropped:
            count, self._dropped = self._dropped, 0
            self.say(f"({count} lines were not printed because nobody read them.)")

    def _room(self) -> bool:
        room = _writable(self._stream)
        self._dropped += not room
        return room

    def _quietly(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError:  # the terminal or the pipe's reader is gone: run on unheard
            self._dropped += 1


def _writable(stream: TextIO) -> bool:
    try:
        with selectors.PollSelector() as selector:
            selector.register(stream, selectors.EVENT_WRITE)
            return bool(selector.select(0))
    except (OSError, ValueError):
        return True
