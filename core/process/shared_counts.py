"""Counts that processes forked from one keep together, in memory that they share.

For limits that must hold for all of them and cost nothing: no lock, no file, no Redis.
"""

import time
from collections.abc import Callable
from mmap import mmap

# Names are told apart by two places each: that two share both is one in billions.
_PLACES = 1 << 16
_CELL_BYTES = 4
_TABLE_BYTES = _PLACES * _CELL_BYTES
# What is open, and the calls of this minute and of the one before.
_OPEN, _TABLES = 0, 3
_HEADER_BYTES = 4_096
_ROW_BYTES = _HEADER_BYTES + _TABLES * _TABLE_BYTES
MINUTE_S = 60


class SharedCounts:
    """Counts by name: of what is open, and of what happened in a minute.

    Each process writes a row of its own and reads those of all, so that two never
    change one number. A process counts first and looks then: that all together exceed
    a limit cannot be, that two at its edge are both refused can. `clock` must run
    alike in all processes, as the monotonic one does; names must be hashed alike, as
    they are in forks.
    """

    def __init__(self, rows: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._memory = mmap(-1, rows * _ROW_BYTES)
        self._cells = memoryview(self._memory).cast("I")
        self._bases = [row * _ROW_BYTES // _CELL_BYTES for row in range(rows)]
        self._clock = clock
        self._own = self._bases[0]

    def take_row(self, row: int) -> None:
        """Write into a row from now on, which no other process does, beginning with nothing."""
        self.clear_row(row)
        self._own = self._bases[row]

    def clear_row(self, row: int) -> None:
        """Forget what a process counted that has ended."""
        start = row * _ROW_BYTES
        self._memory[start : start + _ROW_BYTES] = bytes(_ROW_BYTES)

    def opened(self, name: str) -> int:
        """Count something that is open; returns how many there are now."""
        return self._add(_OPEN, name, 1)

    def closed(self, name: str) -> None:
        """Count something of `opened` no longer."""
        self._add(_OPEN, name, -1)

    def open(self, name: str) -> int:
        """Return how many are open."""
        return self._total(_OPEN, name, self._bases)

    def happened(self, name: str) -> tuple[int, float]:
        """Count something; returns how often this minute, and how much of that is left (s)."""
        now = self._clock()
        minute = int(now // MINUTE_S) + 1  # 0 is that of a row nobody has written
        table = 1 + minute % (_TABLES - 1)
        if self._cells[self._own + table] != minute:
            start = self._own * _CELL_BYTES + _HEADER_BYTES + table * _TABLE_BYTES
            self._memory[start : start + _TABLE_BYTES] = bytes(_TABLE_BYTES)
            self._cells[self._own + table] = minute
        current = [base for base in self._bases if self._cells[base + table] == minute]
        self._change(table, name, 1)
        return self._total(table, name, current), MINUTE_S - now % MINUTE_S

    def _add(self, table: int, name: str, number: int) -> int:
        self._change(table, name, number)
        return self._total(table, name, self._bases)

    def _change(self, table: int, name: str, number: int) -> None:
        for place in _places(table, name):
            self._cells[self._own + place] += number

    def _total(self, table: int, name: str, bases: list[int]) -> int:
        return min(
            sum(self._cells[base + place] for base in bases) for place in _places(table, name)
        )


def _places(table: int, name: str) -> set[int]:
    start = (_HEADER_BYTES + table * _TABLE_BYTES) // _CELL_BYTES
    return {start + hash(name) % _PLACES, start + hash((name, 1)) % _PLACES}


class _Process:
    """The counts of this process: its own alone, until the process it is forked from shares."""

    counts: SharedCounts | None = None
    free: list[int] = []  # noqa: RUF012 - rows that no child has, in the parent only


def share_counts(rows: int) -> None:
    """Have the children of this process share its counts, at most `rows` of them at a time."""
    _Process.counts, _Process.free = SharedCounts(rows), list(range(rows))


def reserve_row() -> int:
    """Return a row for the child that is forked next."""
    return _Process.free.pop()


def release_row(row: int) -> None:
    """Take back the row of a child that has ended."""
    process_counts().clear_row(row)
    _Process.free.append(row)


def process_counts() -> SharedCounts:
    """Return the counts of this process and of those that share them."""
    if _Process.counts is None:
        _Process.counts = SharedCounts()
    return _Process.counts
