"""Forecasts of closes that need no learning, as models: what others must beat.

`last_price`, `drift` and `seasonal_naive` differ in their point; their
intervals are as wide as past moves were, whatever the market does now. `ewma` is
last price amid intervals that follow EWMA volatility, of the memory (0.94 to 0.997)
that gave the rows learnt from the least pinball loss; `garch` the same by GARCH(1,1),
and `ewma_or_garch` by whichever of them had the least. The probability of a rise is
the share of rises among those rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from ml.data import labels
from ml.features.history import History
from ml.models.naive_forecasts import class_prior, mean_return, seasonal_naive
from ml.models.plain_volatility import PlainVolatility, ewma_volatilities, garch_volatility
from ml.models.protocol import (
    FILE,
    LEVELS,
    NO_OPTIONS,
    Distribution,
    Files,
    Model,
    StepForecast,
)
from ml.scoring.conformal import conformal_quantile, interval_pairs
from ml.scoring.scores import pinball

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LEAST_ROWS = 50
DAY = 86_400
# Labels that overlap tell little more: of more rows, so many evenly spread ones choose a memory.
CHOOSING_ROWS = 20_000


def thinned(rows: Rows) -> Rows:
    """Return at most about `CHOOSING_ROWS` of `rows`, evenly spread."""
    return rows[:: -(-len(rows) // CHOOSING_ROWS)]


class Learnt(PlainVolatility, frozen=True, kw_only=True):
    """All that a fitted baseline of closes consists of.

    `reach` is, for each coverage, how far an interval reaches to both sides: in
    log-returns, or for those that follow volatility in volatilities.
    """

    name: str
    horizon: int
    seed: int
    sessions: dict[str, Any]
    trained_until: int
    rows: int
    mean_return: float
    prior_up: float
    reach: dict[str, float]


class LastPrice(Model):
    """Nothing moves: the random walk. It takes any options, and has none."""

    name: ClassVar[str] = "last_price"

    def __init__(
        self,
        horizon: int,
        seed: int = 0,
        options: Mapping[str, Any] = NO_OPTIONS,
        levels: Sequence[float] = LEVELS,
    ) -> None:
        self.horizon = horizon
        self._seed = seed
        self._levels = levels
        self._learnt: Learnt | None = None

    @property
    def learnt(self) -> Learnt:
        """Return what was learnt; raises `ValueError` before any fit."""
        if self._learnt is None:
            raise ValueError("the model has not been fitted")
        return self._learnt

    def fit(self, history: History, rows: Rows) -> None:
        """Take widths, mean return and class prior from `rows`."""
        if len(rows) < LEAST_ROWS:
            raise InvalidRequest(
                f"A baseline needs at least {LEAST_ROWS} candles after warming up; "
                f"{len(rows)} are held."
            )
        move = labels.moves(history.path, rows, self.horizon)
        average = mean_return(history.path.close[rows[0] : rows[-1] + 1])
        volatility = self._choose_volatility(history, rows)
        away = np.abs(move - self._point(history, rows, average))
        self._learnt = Learnt(
            name=self.name,
            horizon=self.horizon,
            seed=self._seed,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[rows[-1]]),
            rows=len(rows),
            mean_return=average,
            prior_up=class_prior(move > 0),
            reach=self._reach(away / self._unit(history, rows, volatility)),
            decay=volatility.decay,
            garch=volatility.garch,
        )

    def _reach(self, away: Floats) -> dict[str, float]:
        return {
            name: float(conformal_quantile(away, float(name)))
            for name in interval_pairs(self._levels)
        }

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`."""
        learnt = self.learnt
        moves = _around(self._unit(history, rows, learnt), learnt.reach, self._levels)
        moves += self._point(history, rows, learnt.mean_return)[:, None]
        last = history.path.close[rows]
        prob_up = np.full(len(rows), learnt.prior_up)
        return Distribution(last, last[:, None] * np.exp(moves), prob_up)

    def _point(self, history: History, rows: Rows, average: float) -> Floats:
        """Return the log-return that is forecast; `average` is the past's, a candle."""
        return np.zeros(len(rows))

    def _choose_volatility(self, history: History, rows: Rows) -> PlainVolatility:
        """Return the volatility of `_unit`."""
        return PlainVolatility()

    def _unit(self, history: History, rows: Rows, volatility: PlainVolatility) -> Floats:
        """Return the unit of `Learnt.reach`."""
        return np.ones(len(rows))

    def describe(self) -> dict[str, Any]:
        """Return what was learnt."""
        return dict(msgspec.to_builtins(self.learnt))

    def to_files(self) -> dict[str, bytes]:
        """Return one file of JSON."""
        return {FILE: msgspec.json.encode(self.learnt)}

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote."""
        learnt = msgspec.json.decode(files[FILE], type=Learnt)
        model = cls(learnt.horizon, learnt.seed)
        model._learnt = learnt
        return model


class Drift(LastPrice):
    """The mean return of the past goes on."""

    name = "drift"

    def _point(self, history: History, rows: Rows, average: float) -> Floats:
        return np.full(len(rows), self.horizon * average)


class SeasonalNaive(LastPrice):
    """The close of the same time of the last day comes again."""

    name = "seasonal_naive"

    def _point(self, history: History, rows: Rows, average: float) -> Floats:
        close = history.path.close
        season = max(DAY // history.resolution, 1)
        ahead = np.array([self.horizon])
        repeated = seasonal_naive(close, rows.astype(np.int64), ahead, season)[:, 0]
        return np.asarray(np.log(repeated / close[rows]))


class Reaches(PlainVolatility, frozen=True, kw_only=True):
    """How far closes go to both sides, by coverage, in plain volatilities of a candle."""

    reach: dict[str, float]

    def quantiles(self, history: History, rows: Rows, horizon: int) -> Floats:
        """Return the quantiles of log-moves at `LEVELS`, shape (n, levels)."""
        return _around(self.a_candle(history, rows, horizon), self.reach, LEVELS)


class Ewma(LastPrice):
    """Last price amid intervals that follow EWMA volatility."""

    name = "ewma"

    @classmethod
    def reaches(cls, history: History, rows: Rows, horizon: int) -> Reaches:
        """Return what serves `rows` best."""
        fitted = cls(horizon)
        fitted.fit(history, rows)
        found = fitted.learnt
        return Reaches(decay=found.decay, garch=found.garch, reach=found.reach)

    def _volatilities(self, history: History, rows: Rows) -> Sequence[PlainVolatility]:
        """Return those among which the pinball loss chooses."""
        return ewma_volatilities()

    def _choose_volatility(self, history: History, rows: Rows) -> PlainVolatility:
        some = thinned(rows)
        move = labels.moves(history.path, some, self.horizon)

        def loss(volatility: PlainVolatility) -> float:
            unit = self._unit(history, some, volatility)
            around = _around(unit, self._reach(np.abs(move) / unit), self._levels)
            return float(pinball(move, around, self._levels).mean())

        return min(self._volatilities(history, rows), key=loss)

    def _unit(self, history: History, rows: Rows, volatility: PlainVolatility) -> Floats:
        return volatility.a_candle(history, rows, self.horizon)


class GarchIntervals(Ewma):
    """Last price amid intervals that follow the volatility of GARCH(1,1)."""

    name = "garch"

    def _volatilities(self, history: History, rows: Rows) -> Sequence[PlainVolatility]:
        return [garch_volatility(history, rows)]


class EwmaOrGarch(Ewma):
    """The better of both on the rows learnt from: what intervals must beat."""

    name = "ewma_or_garch"

    def _volatilities(self, history: History, rows: Rows) -> Sequence[PlainVolatility]:
        return [*ewma_volatilities(), garch_volatility(history, rows)]


BASELINES = tuple(
    each.name for each in (LastPrice, Drift, SeasonalNaive, Ewma, GarchIntervals, EwmaOrGarch)
)


def _around(unit: Floats, reach: Mapping[str, float], levels: Sequence[float]) -> Floats:
    """Return the quantiles of a log-return of 0, shape (n, levels)."""
    moves = np.zeros((len(unit), len(levels)))
    for name, (low, high) in interval_pairs(levels).items():
        moves[:, low], moves[:, high] = -reach[name] * unit, reach[name] * unit
    return moves


class EveryStep:
    """A baseline of closes for each step up to a horizon."""

    def __init__(self, baseline: type[LastPrice], horizon: int, levels: Sequence[float]) -> None:
        self._steps = [baseline(step, levels=levels) for step in range(1, horizon + 1)]

    def fit(self, history: History, rows: Rows) -> None:
        """Fit each step by itself."""
        for step in self._steps:
            step.fit(history, rows)

    def predict(self, history: History, rows: Rows) -> StepForecast:
        """Forecast every step."""
        prices = [step.predict(history, rows).quantiles for step in self._steps]
        return StepForecast(history.path.close[rows], np.stack(prices, axis=1))

    def describe(self) -> dict[str, Any]:
        """Return what the last step learnt."""
        return self._steps[-1].describe()
