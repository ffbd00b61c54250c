"""How a fitted model reads candles: with the closures it knows of, and no input unlike its past.

Where an input lies outside nearly all that a model was trained on, nothing says what
follows: it is taken for the last value that is known. Broken candles look like that. Of
candles that seem cut short, ranges and volumes are not read at all, but taken for usual.
"""

from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.clock.sessions import Sessions, learn_sessions
from ml.data.labels import labelled
from ml.features.closures import (
    CLOSURE_INPUTS,
    closed_ahead,
    closed_before_targets,
    closure_inputs,
)
from ml.features.history import History
from ml.features.model_inputs import CALENDAR_INPUTS, CLIP, RANGE_INPUTS, columns_of, model_inputs

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

# The shares of the rows learnt from between which an input is believed.
BELIEVED = (0.005, 0.995)
# Rows around one closure say the same: fewer closures than these have no widths of their own,
# and what the scale knows of them must do.
LEAST_CLOSURES = 12
# Where more rows than these cross one, as far ahead they all do, that is what is usual.
MOST_APART = 0.5
FREE, RANGES = columns_of(CALENDAR_INPUTS), columns_of(RANGE_INPUTS)
CLOSURES = columns_of(CLOSURE_INPUTS)


class InputReader(msgspec.Struct, frozen=True):
    """`calendar` are the market's sessions as the rows learnt from show them.

    `low` and `high` bound each of `INPUTS`; `usual` are the medians of `RANGE_INPUTS`.
    """

    calendar: dict[str, Any]
    low: list[float]
    high: list[float]
    usual: list[float]

    @classmethod
    def learn(cls, history: History, rows: Rows, horizon: int) -> tuple[Self, Floats]:
        """Return how to read what comes after `rows`, and their inputs, shape (rows, INPUTS).

        Where targets are known, closures are those that were: the calendar tells the future,
        and may have been another.
        """
        told, grid = history.frame.attrs.get("zone", ""), history.sessions.grid
        sessions = learn_sessions(history.times[: rows[-1] + 1], history.resolution, told, grid)
        table = _table(history, rows, horizon, sessions)
        if sessions.closed.any():
            known = np.flatnonzero(np.isin(rows, np.flatnonzero(labelled(history.run, horizon))))
            closed = closed_before_targets(history.times, rows[known], horizon, history.resolution)
            table[known[:, None], CLOSURES] = closure_inputs(closed, horizon, history.resolution)
        low, high = np.quantile(table, BELIEVED, axis=0)
        low[FREE], high[FREE] = -CLIP, CLIP
        usual = np.median(table[:, RANGES], axis=0)
        reader = cls(sessions.to_dict(), low.tolist(), high.tolist(), usual.tolist())
        return reader, reader._believed(table, history.thin[rows])

    @property
    def sessions(self) -> Sessions:
        """Return the market's sessions."""
        return Sessions.from_dict(self.calendar)

    def read(self, history: History, rows: Rows, horizon: int) -> Floats:
        """Return the inputs of `rows`, shape (rows, INPUTS)."""
        table = _table(history, rows, horizon, self.sessions)
        return self._believed(table, history.thin[rows])

    def _believed(self, table: Floats, thin: Bools) -> Floats:
        found = np.clip(table, self.low, self.high)
        found[np.flatnonzero(thin)[:, None], RANGES] = self.usual
        return np.asarray(found)


def _table(history: History, rows: Rows, horizon: int, sessions: Sessions) -> Floats:
    own = model_inputs(history.features, history.path.close, rows)
    closed = closed_ahead(sessions, history.times[rows], horizon)
    return np.column_stack([own, closure_inputs(closed, horizon, history.resolution)])


def crosses_closure(inputs: Floats) -> Bools:
    """Say of each row of inputs whether the market closes before its target.

    Inputs of models of earlier versions know of no closures: they say no.
    """
    return np.asarray((inputs[:, CLOSURES[0] :] > 0).any(axis=1))


def enough_closures(closed: Bools) -> bool:
    """Say whether rows that cross a closure, `closed`, are of enough of them, yet not usual."""
    closures = int((np.diff(closed.astype(np.int8), prepend=0) == 1).sum())
    return closures >= LEAST_CLOSURES and closed.mean() <= MOST_APART
