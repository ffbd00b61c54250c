"""What became of a position that a signal asked for, from the candles that followed."""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.clock.grids import PLAIN, Grid
from core.clock.openings import end_of
from ml.scoring.scorecard import FEE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TAKE_PROFIT, STOP_LOSS, TIME, NOT_ENTERED = "take_profit", "stop_loss", "time", "not_entered"
PROFIT, LOSS = "profit", "loss"


class Exits(msgspec.Struct, frozen=True):
    """The prices at which a position on `side` (1 long, -1 short) ends early."""

    side: int
    take_profit: float
    stop_loss: float


@dataclass(frozen=True, eq=False, slots=True)
class Bars:
    """Finished candles by opening (s)."""

    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Bars":
        """Return the candles of a frame (see `ml.data.candle_frames`)."""
        prices = (frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close"))
        return cls(frame["time"].to_numpy(np.int64), *prices)

    def at(self, openings: Integers) -> "Bars":
        """Return those that open at `openings`."""
        wanted = np.unique(openings)
        place = np.searchsorted(self.time, wanted)
        within = place < len(self.time)
        held = place[within][self.time[place[within]] == wanted[within]]
        prices = (column[held] for column in (self.open, self.high, self.low, self.close))
        return Bars(self.time[held], *prices)

    def times(self, factor: float) -> "Bars":
        """Return them with every price multiplied by `factor`."""
        prices = (factor * column for column in (self.open, self.high, self.low, self.close))
        return Bars(self.time, *prices)


class Outcome(msgspec.Struct, frozen=True):
    """How a position ended at `closed_at` (s); returns in percent, `pnl` after costs both ways.

    `gaps`: candles of its time are missing, so that it may have ended otherwise.
    """

    exit: str
    pnl_percent: float
    gross_percent: float
    closed_at: int
    gaps: bool

    @property
    def result(self) -> str:
        """Return profit or loss: what earned nothing after costs is a loss."""
        return PROFIT if self.pnl_percent > 0 else LOSS


def outcome(
    exits: Exits,
    openings: Integers,
    bars: Bars,
    resolution: int,
    *,
    final: bool,
    grid: Grid = PLAIN,
    fee: float = FEE,
    spread: float = 0.0,
) -> Outcome | None:
    """Return how a position ended that lives through the candles of `openings` (s).

    None while that is open, or while a candle is missing that may still come;
    `final` says that no more will, `grid` when candles open. Entered is at the first open.
    One candle that touches both exits counts as the stop. A candle that opens beyond the
    stop ends it at that worse price; a profit is taken at its own price, never a
    better one. A first open beyond an exit is no entry, and no profit either.

    `fee` is a fraction of the price a side, `spread` how far the ask lies above
    candles of bids, as a fraction too: a position to buy enters at the ask and
    ends at the bid, one to sell enters at the bid, and its exits are touched,
    and it ends, at the ask.
    """
    if not len(openings):
        return None
    path = bars.at(openings)
    missing = len(path.time) < len(openings)
    if not len(path.time):
        end = end_of(int(openings[-1]), resolution, grid)
        return Outcome(NOT_ENTERED, 0.0, 0.0, end, gaps=True) if final else None
    if exits.side < 0:
        path = path.times(1 + spread)
    touch = _first_touch(exits, path)
    last = len(path.time) - 1 if touch is None else touch[0]
    gaps = int(path.time[last]) != int(openings[last])
    if (gaps or (touch is None and missing)) and not final:
        return None
    bid = float(path.open[0]) / (1 + spread if exits.side < 0 else 1)
    entered = bid * (1 + spread) if exits.side > 0 else bid
    if not min(_prices(exits)) < entered < max(_prices(exits)):
        return Outcome(NOT_ENTERED, 0.0, 0.0, int(path.time[0]), gaps)
    exit_, price = (TIME, float(path.close[-1])) if touch is None else touch[1:]
    earned = exits.side * math.log(price / entered)
    return Outcome(
        exit=exit_,
        pnl_percent=100 * math.expm1(earned - 2 * fee),
        gross_percent=100 * math.expm1(earned + math.log1p(spread)),
        closed_at=end_of(int(path.time[last]), resolution, grid),
        gaps=gaps or (touch is None and missing),
    )


def _prices(exits: Exits) -> tuple[float, float]:
    return exits.take_profit, exits.stop_loss


def _first_touch(exits: Exits, path: Bars) -> tuple[int, str, float] | None:
    """Return which candle touched an exit first, which one, and the price there."""
    long = exits.side > 0
    stopped = path.low <= exits.stop_loss if long else path.high >= exits.stop_loss
    gained = path.high >= exits.take_profit if long else path.low <= exits.take_profit
    rows = np.flatnonzero(stopped | gained)
    if not len(rows):
        return None
    row = int(rows[0])
    if not stopped[row]:
        return row, TAKE_PROFIT, exits.take_profit
    opened = float(path.open[row])
    worst = min(opened, exits.stop_loss) if long else max(opened, exits.stop_loss)
    return row, STOP_LOSS, worst
