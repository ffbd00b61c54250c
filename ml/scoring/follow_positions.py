"""How many positions end on candles, in columns: by the rule of `ml.scoring.signal_outcome`.

A property test holds both together.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.scoring.signal_outcome import Bars

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


class ExitColumns(NamedTuple):
    """Prices at which positions end early, by side, and what lies between bid and ask."""

    side: Integers
    take_profit: Floats
    stop_loss: Floats
    spread: Floats


class Ends(NamedTuple):
    """The bar in which each position ended or stands now, and the price there.

    `touched` says whether an exit was touched. One that could not be entered has its first
    bar and `entered` False.
    """

    last: Integers
    entry: Floats
    price: Floats
    touched: Bools
    entered: Bools

    def log_return(self, side: Integers) -> Floats:
        """Return what each earned before fees, 0 where nobody entered."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.entered, side * np.log(self.price / self.entry), 0.0)


def follow(bars: Bars, first: Integers, beyond: Integers, exits: ExitColumns) -> Ends:
    """Return how positions end that live through the bars `first` to before `beyond` (indices).

    Entered at the first open; of both exits in one bar the stop counts; a bar that opens
    beyond the stop ends a position at that worse price. Shorts live at the ask.
    """
    side, profit, stop, spread = exits
    if not len(bars.time):
        unknown, none = np.full(len(first), np.nan), np.zeros(len(first), bool)
        return Ends(first, unknown, unknown, none, none)
    ask = np.where(side < 0, 1 + spread, 1.0)
    newest = len(bars.time) - 1
    entry = bars.open[np.minimum(first, newest)] * np.where(side > 0, 1 + spread, 1.0)
    inside = (np.minimum(profit, stop) < entry) & (entry < np.maximum(profit, stop))
    entered = (beyond > first) & inside
    last = np.where(entered, beyond - 1, first)
    price = bars.close[np.minimum(last, newest)] * ask
    touched, alive, step = np.zeros(len(first), bool), np.flatnonzero(entered), 0
    while len(alive):
        row, long, times = first[alive] + step, side[alive] > 0, ask[alive]
        opened, high, low = (column[row] * times for column in (bars.open, bars.high, bars.low))
        limit, target = stop[alive], profit[alive]
        stopped = np.where(long, low <= limit, high >= limit)
        over = stopped | np.where(long, high >= target, low <= target)
        fill = np.where(long, np.minimum(opened, limit), np.maximum(opened, limit))
        done = alive[over]
        price[done], last[done] = np.where(stopped, fill, target)[over], row[over]
        touched[done] = True
        step += 1
        alive = alive[~over]
        alive = alive[first[alive] + step < beyond[alive]]
    return Ends(last, entry, price, touched, entered)


def earned(
    bars: Bars, rows: Integers, side: Integers, profit: Floats, stop: Floats, horizon: int
) -> Floats:
    """Return what positions earned before costs, in log-returns, on candles of trades.

    Each is decided at the close of its row, on its `side` (1 long, -1 short), and lives
    through the next `horizon` candles; `profit` and `stop` are log-distances of its exits
    from that close. NaN where the first open lies beyond an exit: nobody enters there.
    """
    last = bars.close[rows]
    exits = ExitColumns(
        side, last * np.exp(side * profit), last * np.exp(-side * stop), np.zeros(len(rows))
    )
    ends = follow(bars, rows + 1, rows + horizon + 1, exits)
    return np.where(ends.entered, ends.log_return(side), np.nan)
