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
# A minute moves in steps of so many seconds: the last twelve, and the one that is not over.
_STEP_S = 5
MINUTE_S = 60
_STEPS = MINUTE_S // _STEP_S + 1
# What is open, and what happened in each step.
_OPEN, _TABLES = 0, 1 + _STEPS
_HEADER_BYTES = 4_096
_ROW_BYTES = _HEADER_BYTES + _TABLES * _TABLE_BYTES


class SharedCounts:
    """Counts by name: of what is open, and of what happened within a minute.

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

    def happened(self, name: str, limit: int) -> float:
        """Count something that may happen `limit` times within any minute.

        Returns 0 if it was counted; else it was not, and may be after so many seconds.
        """
        now = self._clock()
        step = int(now // _STEP_S) + _STEPS  # 0 is that of a row nobody has written
        self._begin(step)
        self._change(_table(step), name, 1)
        counts = {past: self._in_step(past, name) for past in range(step - _STEPS + 1, step + 1)}
        if sum(counts.values()) <= limit:
            return 0.0
        self._change(_table(step), name, -1)
        oldest = next(past for past, count in counts.items() if count)
        return oldest * _STEP_S - now

    def _begin(self, step: int) -> None:
        """Forget, in the own row, the step whose place a new one takes."""
        table = _table(step)
        if self._cells[self._own + table] != step:
            start = self._own * _CELL_BYTES + _HEADER_BYTES + table * _TABLE_BYTES
            self._memory[start : start + _TABLE_BYTES] = bytes(_TABLE_BYTES)
            self._cells[self._own + table] = step

    def _in_step(self, step: int, name: str) -> int:
        table = _table(step)
        bases = [base for base in self._bases if self._cells[base + table] == step]
        return self._total(table, name, bases) if bases else 0

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


def _table(step: int) -> int:
    return 1 + step % _STEPS


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
