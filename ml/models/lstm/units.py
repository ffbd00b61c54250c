"""How large the move of each step is expected to be: the unit in which the network thinks.

It is the EWMA volatility of the memory that serves the step best (that of the baseline
`ewma`), over as many candles as the step is long. A closure on the way counts as so many
candles more as moves over it were larger in the rows learnt from. Where prices hardly ever
move, volatility falls towards nothing and any move would be a thousandfold one: a unit is
never less than a share of the usual move.
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from ml.data.volatility import DECAY
from ml.data.walkforward import Rows
from ml.features.closures import closures_ahead
from ml.features.history import History
from ml.models.registry import make_model

Floats = NDArray[np.float64]

EWMA = "ewma"
# Of the usual move, in which the largest weigh most, a unit is at least so much.
FLOOR_SHARE = 0.1
# Memories change slowly with the step: so many steps choose theirs, the others take the nearest.
CHOOSING_STEPS = 12
# Moves over closures are measured where so many of a kind are known, at this quantile.
LEAST_CLOSURES, JUDGED_AT = 4, 0.8
MOST_CANDLES = 400.0


class MoveUnits(msgspec.Struct, frozen=True):
    """Volatility's memory at each step, its `floor`, and how many candles a closure counts as.

    `short` and `long` closures are those of `ml.features.closures`.
    """

    decays: list[float]
    floor: float = 0.0
    short: float = 0.0
    long: float = 0.0

    @classmethod
    def plain(cls, nsteps: int) -> Self:
        """Return the units of models that were trained until November 2026."""
        return cls([DECAY] * nsteps)

    @classmethod
    def fit(cls, history: History, rows: Rows, nsteps: int, sessions: Sessions) -> Self:
        """Learn from `rows`, whose next `nsteps` candles are known."""
        returns = np.diff(np.log(history.path.close[rows[0] : rows[-1] + 1]))
        floor = FLOOR_SHARE * float(np.sqrt(np.mean(returns**2)))
        short, long = _closure_weights(history, rows, floor, sessions)
        return cls(_choose_decays(history, rows, nsteps), floor, short, long)

    def of(self, history: History, rows: Rows, sessions: Sessions) -> Floats:
        """Return the unit of each step's log-return known at `rows`, shape (rows, steps).

        `sessions` tell which closures are ahead.
        """
        decays, place = np.unique(self.decays, return_inverse=True)
        volatility = np.column_stack([history.volatility_at(decay)[rows] for decay in decays])
        steps = np.arange(1, len(self.decays) + 1, dtype=np.float64)
        candles = np.broadcast_to(steps, (len(rows), len(steps)))
        if self.short or self.long:
            short, long = closures_ahead(sessions, history.times[rows], len(steps))
            candles = candles + self.short * short + self.long * long
        return np.asarray(np.maximum(volatility, self.floor)[:, place] * np.sqrt(candles))


def _choose_decays(history: History, rows: Rows, nsteps: int) -> list[float]:
    """Return the memory of the baseline `ewma` at each step."""
    chosen = np.unique(np.geomspace(1, nsteps, min(nsteps, CHOOSING_STEPS)).round().astype(int))
    decays = []
    for step in chosen.tolist():
        baseline = make_model(EWMA, step)
        baseline.fit(history, rows)
        decays.append(float(baseline.describe()["decay"]))
    nearest = np.abs(np.log(np.arange(1, nsteps + 1))[:, None] - np.log(chosen)).argmin(axis=1)
    return [decays[index] for index in nearest.tolist()]


def _closure_weights(
    history: History, rows: Rows, floor: float, sessions: Sessions
) -> tuple[float, float]:
    """Return as how many candles more a short and a long closure count."""
    if not sessions.closed.any():
        return 0.0, 0.0
    before = np.arange(rows[0], rows[-1])
    before = before[history.run[before + 1] > 1]
    size = np.abs(np.log(history.path.close[before + 1] / history.path.close[before]))
    size = size / np.maximum(history.volatility[before], floor)
    short, long = closures_ahead(sessions, history.times[before], 1)
    plain = np.quantile(size[(short + long)[:, 0] == 0], JUDGED_AT)

    def weight(crossed: NDArray[np.bool_]) -> float:
        if crossed.sum() < LEAST_CLOSURES or not plain:
            return 0.0
        times = float(np.quantile(size[crossed], JUDGED_AT) / plain) ** 2
        return min(max(times - 1, 0.0), MOST_CANDLES)

    return weight(short[:, 0] > 0), weight(long[:, 0] > 0)
