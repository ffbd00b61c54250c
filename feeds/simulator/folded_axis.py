"""Positions of events along a line that goes on past the end of its file."""

import numpy as np
from numpy.typing import NDArray


class FoldedAxis:
    """Ascending whole numbers (times or ids), played forwards, then backwards, and so on.

    Playing backwards from the last row keeps prices unbroken at the seam and
    within what the file holds, for however long it goes on. `step` is the
    distance from the last number to the first one after it. When not `endless`
    there is only the first run.
    """

    def __init__(self, values: NDArray[np.int64], step: int, *, endless: bool) -> None:
        self._values = values
        self._listed: list[int] = values.tolist()  # single numbers are read faster from a list
        self._first, self._last = int(values[0]), int(values[-1])
        self._period = self._last - self._first + step
        self._endless = endless

    def row(self, index: int) -> tuple[int, bool]:
        """Return the file's row that event `index` comes from, and whether it plays backwards."""
        run, place = divmod(index, len(self._listed))
        return (len(self._listed) - 1 - place, True) if run % 2 else (place, False)

    def value(self, index: int) -> int:
        """Return the number at event `index`."""
        row, backwards = self.row(index)
        start = self._first + index // len(self._listed) * self._period
        at = self._listed[row]
        return start + (self._last - at if backwards else at - self._first)

    def through(self, limit: int) -> int:
        """Return how many events lie at or before `limit`."""
        count = len(self._values)
        if limit < self._first:
            return 0
        run, rest = divmod(limit - self._first, self._period)
        if run and not self._endless:
            return count
        if run % 2:
            held = count - int(np.searchsorted(self._values, self._last - rest, "left"))
        else:
            held = int(np.searchsorted(self._values, self._first + rest, "right"))
        return run * count + held
