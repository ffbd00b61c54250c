"""The candles of one file as a market shows them at a moment."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.folded_axis import FoldedAxis


class Candle(NamedTuple):
    """One candle; `time` is its opening in epoch seconds."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    finished: bool


class CandleTape:
    """Candles of one resolution.

    `shift_s` moves all openings and must lie on the grid. When `endless` the
    file is played backwards after its end, with open and close exchanged.
    """

    def __init__(
        self,
        rows: list[list[float]],
        resolution: int,
        *,
        shift_s: int = 0,
        endless: bool = False,
    ) -> None:
        self.resolution = resolution
        table = _clean(np.array(rows, dtype=np.float64))
        self._values = table[:, 1:6]
        openings = table[:, 0].astype(np.int64) + shift_s
        self.first_s = int(openings[0])
        self._axis = FoldedAxis(openings, resolution, endless=endless)
        self.decimals = max(map(_decimals, np.unique(self._values[:1_000, :4])))
        self.volume_decimals = max(map(_decimals, np.unique(self._values[:1_000, 4])))

    def between(self, start_s: int, end_s: int, now_ms: int) -> range:
        """Return the indices of candles that open from `start_s` to `end_s` and by now."""
        latest = min(end_s, now_ms // 1_000)
        return range(self._axis.through(start_s - 1), self._axis.through(latest))

    def candle(self, index: int, now_ms: int) -> Candle:
        """Return a candle as it stands: the newest one has lived through a part of its time."""
        row, backwards = self._axis.row(index)
        opening = self._axis.value(index)
        opened, high, low, close, volume = (float(value) for value in self._values[row])
        if backwards:
            opened, close = close, opened
        whole = Candle(opening, opened, high, low, close, volume, True)
        part = (now_ms / 1_000 - opening) / self.resolution
        return whole if part >= 1 else _forming(whole, part, self.decimals, self.volume_decimals)


def _forming(whole: Candle, part: float, decimals: int, volume_decimals: int) -> Candle:
    """Return the candle after `part` of its time.

    The price walks from the open to the nearer extreme, to the other, and to
    the close, a third of the time each; the volume grows evenly.
    """
    falls = whole.close < whole.open
    corners = (whole.high, whole.low) if falls else (whole.low, whole.high)
    path = (whole.open, *corners, whole.close)
    leg, along = divmod(part * 3, 1)
    leg = min(int(leg), 2)
    price = round(path[leg] + (path[leg + 1] - path[leg]) * along, decimals)
    price = min(max(price, min(path)), max(path))
    seen = (*path[: leg + 1], price)
    volume = round(whole.volume * part, volume_decimals)
    return Candle(whole.time, whole.open, max(seen), min(seen), price, volume, False)


def _clean(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows in order of time, each opening once (the last row wins)."""
    _, last = np.unique(table[::-1, 0], return_index=True)
    cleaned: NDArray[np.float64] = table[::-1][last]
    return cleaned


def _decimals(number: float) -> int:
    text = np.format_float_positional(number, trim="-")
    return len(text.partition(".")[2])
