"""What all processes print, line by line on one terminal, each after its time and its name."""

import selectors
import sys
from datetime import datetime
from typing import TextIO

# Pipes count as writable when at least PIPE_BUF (4,096) bytes are free.
LINE_LIMIT = 3_500
# ANSI codes of cyan, yellow, green, magenta, red and blue, then of the same, bold.
_CODES = (36, 33, 32, 35, 31, 34)
COLOURS = tuple(f"{code}{bold}" for bold in ("", ";1") for code in _CODES)


class Output:
    """Prints lines with time and process name, and never waits for a reader.

    A reader that stands still must not stop the supervisor: lines that would
    block are dropped and counted, and the count is told later.
    """

    def __init__(self, width: int, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._width = width
        self._coloured = self._stream.isatty()
        self._dropped = 0

    def line(self, name: str, colour: str | None, text: str) -> None:
        """Print one line of the process `name`."""
        prefix = f"{datetime.now().astimezone():%H:%M:%S} {name.ljust(self._width)} | "
        if colour and self._coloured:
            prefix = f"\033[0m\033[{colour}m{prefix}\033[0m"
        if self._room():
            self._tell_dropped()
            self._print(prefix + text[:LINE_LIMIT])

    def say(self, sentence: str) -> None:
        """Print a sentence of our own, without prefix, so that it stands out."""
        if self._room():
            self._print(sentence)

    def _tell_dropped(self) -> None:
        if self._dropped:
            count, self._dropped = self._dropped, 0
            self.say(f"({count} lines were not printed because nobody read them.)")

    def _room(self) -> bool:
        room = _writable(self._stream)
        self._dropped += not room
        return room

    def _print(self, text: str) -> None:
        try:
            print(text, file=self._stream, flush=True)
        except OSError:  # the terminal or the pipe's reader is gone: run on unheard
            self._dropped += 1


def _writable(stream: TextIO) -> bool:
    try:
        with selectors.PollSelector() as selector:
            selector.register(stream, selectors.EVENT_WRITE)
            return bool(selector.select(0))
    except (OSError, ValueError):
        return True
