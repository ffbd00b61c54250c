"""Candles prepared once for any model: prices, runs without a gap, features."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.clock.grids import PLAIN
from core.clock.sessions import Sessions, learn_sessions
from core.errors import JobStopped
from ml.data.candle_frames import finished
from ml.data.garch import Garch
from ml.data.labels import Path, labelled
from ml.data.thin_candles import thin_candles
from ml.data.volatility import DECAY, ewma_volatility
from ml.features.model_inputs import FEATURES_READ, LONGEST_WARM_UP, WARM_UP
from ml.features.table import FeatureTable, feature_table, run_lengths

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# GARCH learns from the newest so many candles: more tell its three parameters little better.
GARCH_CANDLES = 20_000


@dataclass(frozen=True, eq=False)
class History:
    """Finished candles of one series; rows are their indices, oldest first."""

    frame: pd.DataFrame
    sessions: Sessions
    # Set from outside when long fits should end: they look at it between batches.
    stopped: Event = field(default_factory=Event)
    # Told how many epochs of a fit are over, by models that learn in epochs.
    tell_epoch: Callable[[int], None] = field(default=lambda done: None)

    def go_on(self) -> None:
        """Raise `JobStopped` if fits should end."""
        if self.stopped.is_set():
            raise JobStopped("The evaluation was stopped.")

    @property
    def resolution(self) -> int:
        """Return the candles' length in seconds."""
        return self.sessions.resolution

    @cached_property
    def times(self) -> NDArray[np.int64]:
        """Return openings in seconds."""
        return self.frame["time"].to_numpy(np.int64)

    @cached_property
    def path(self) -> Path:
        """Return highs, lows and closes."""
        return Path(*(self.frame[name].to_numpy(np.float64) for name in ("high", "low", "close")))

    @cached_property
    def run(self) -> NDArray[np.int64]:
        """Return how many candles, itself included, each has behind it without a gap."""
        return run_lengths(self.times, self.sessions)

    @cached_property
    def thin(self) -> NDArray[np.bool_]:
        """Say of each candle whether it seems cut short (`ml.data.thin_candles`)."""
        return thin_candles(self.frame)

    @cached_property
    def volatility(self) -> Floats:
        """Return the EWMA volatility (0.94) after each candle, NaN until it has a return."""
        return self.volatility_at(DECAY)

    @cached_property
    def _returns(self) -> Floats:
        returns = np.diff(np.log(self.path.close), prepend=np.nan)
        returns[self.run == 1] = np.nan
        return returns

    @cached_property
    def _volatilities(self) -> dict[float, Floats]:
        return {}

    def volatility_at(self, decay: float) -> Floats:
        """Return the EWMA volatility after each candle at a weight of `decay` a candle."""
        if decay not in self._volatilities:
            found = ewma_volatility(self._returns, decay)
            self._volatilities[decay] = np.asarray(np.maximum(found, 1e-7))
        return self._volatilities[decay]

    @cached_property
    def features(self) -> FeatureTable:
        """Return the features that models read."""
        return feature_table(self.frame, self.sessions, FEATURES_READ)

    def prepare(self) -> None:
        """Compute now what threads would otherwise compute at the same time."""
        _ = self.times, self.path, self.run, self._volatilities, self.volatility, self.features
        _ = self._garches, self._variances

    def ready(self) -> Rows:
        """Return the rows from which a forecast can be made."""
        return np.flatnonzero(self.run > WARM_UP)

    def learnable(self, horizon: int, warm_up: int = WARM_UP) -> Rows:
        """Return the rows that are ready and whose next `horizon` candles are known.

        A row is ready when `warm_up` candles precede it without a gap.
        """
        return np.flatnonzero((self.run > warm_up) & labelled(self.run, horizon))

    def rows_since(self, time: int, rows: Rows) -> Rows:
        """Return `rows`, and what was forecast after `time` (s) up to the last of them.

        The first candles of the history are left out: if it was cut there, its
        longer windows would not be what they were when those were forecast.
        """
        ready = self.ready()
        later = (self.times[ready] > time) & (ready >= LONGEST_WARM_UP) & (ready <= rows[-1])
        return np.union1d(ready[later], rows)

    def garch_of(self, rows: Rows) -> Garch:
        """Return GARCH(1,1) of the returns from the first to the last of `rows`."""
        stretch = int(rows[0]), int(rows[-1])
        if stretch not in self._garches:
            first = max(stretch[0], stretch[1] + 1 - GARCH_CANDLES)
            self._garches[stretch] = Garch.fit(self._returns[first : stretch[1] + 1])
        return self._garches[stretch]

    @cached_property
    def _garches(self) -> dict[tuple[int, int], Garch]:
        return {}

    def garch_volatility(self, garch: Garch, rows: Rows, horizon: int) -> Floats:
        """Return the volatility of the horizon's return at each row that `garch` expects."""
        if garch not in self._variances:
            self._variances[garch] = garch.next_variance(self._returns)
        return np.sqrt(garch.variance_of(self._variances[garch][rows], horizon))

    @cached_property
    def _variances(self) -> dict[Garch, Floats]:
        return {}

    def horizon_volatility(self, rows: Rows, horizon: int) -> Floats:
        """Return the EWMA volatility (0.94) of the horizon's return at each row."""
        return np.asarray(self.volatility[rows] * np.sqrt(horizon))

    def where_known(
        self, label: Callable[[Path, Rows, int], Floats], rows: Rows, horizon: int
    ) -> Floats:
        """Return a label of `rows`, NaN where the history does not hold all that it reads."""
        known = np.isin(rows, self.learnable(horizon))
        values = np.full(len(rows), np.nan)
        values[known] = label(self.path, rows[known], horizon)
        return values

    def target_times(self, row: int, horizon: int) -> NDArray[np.int64]:
        """Return the openings of the `horizon` candles after `row`, closures skipped."""
        return self.sessions.next_openings(int(self.times[row]), horizon)


def make_history(
    frame: pd.DataFrame, resolution: int, sessions: Mapping[str, Any] | None = None
) -> History:
    """Prepare a frame of candles (see `ml.data.candle_frames`); unfinished ones are left out.

    `sessions` are those that a model was trained with (`Sessions.to_dict`);
    without, they are learnt from the frame's own openings, by its `attrs`: zone and grid.
    """
    whole = finished(frame)
    if sessions is not None:
        return History(whole, Sessions.from_dict(sessions))
    times = whole["time"].to_numpy(np.int64)
    zone, grid = frame.attrs.get("zone", ""), frame.attrs.get("grid", PLAIN)
    return History(whole, learn_sessions(times, resolution, zone, grid))
