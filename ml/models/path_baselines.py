"""What ranges, signals and next candles must beat; none of it is saved."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.risk_reward import USUAL, RiskReward
from ml.data import labels
from ml.features.history import History
from ml.models.baselines import thinned
from ml.models.naive_forecasts import class_priors
from ml.models.plain_volatility import PlainVolatility, ewma_volatilities, garch_volatility
from ml.models.protocol import (
    RANGE_COVERAGE,
    RANGE_LEVELS,
    CandleForecast,
    RangeForecast,
    SignalForecast,
)
from ml.scoring import scores
from ml.scoring.conformal import conformal_quantile

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class Multiples(PlainVolatility, frozen=True, kw_only=True):
    """How far paths reach to either side, in plain volatilities.

    Of each side the median and the bound (`RANGE_LEVELS`).
    """

    above: tuple[float, float]
    below: tuple[float, float]

    def sides(self, history: History, rows: Rows, horizon: int) -> tuple[Floats, Floats]:
        """Return the log-moves up and down, both positive, shape (n, levels) each."""
        unit = (self.a_candle(history, rows, horizon) * np.sqrt(horizon))[:, None]
        return unit * np.asarray(self.above), unit * np.asarray(self.below)


class EwmaOrGarchRange:
    """Multiples of plain volatility, made conformal; sides have multiples of their own.

    The volatility, EWMA of one of several memories (0.94 to 0.997) or GARCH(1,1), is the
    one whose bounds gave the rows learnt from the least pinball loss.
    """

    name: ClassVar[str] = "ewma_or_garch_range"

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self.learnt = Multiples(above=(0.0, 0.0), below=(0.0, 0.0))

    @classmethod
    def multiples(cls, history: History, rows: Rows, horizon: int) -> Multiples:
        """Return what served `rows` best."""
        fitted = cls(horizon)
        fitted.fit(history, rows)
        return fitted.learnt

    def fit(self, history: History, rows: Rows) -> None:
        """Take the volatility that served `rows` best, and the multiples that held in them."""
        some = thinned(rows)
        reach = labels.reaches(history.path, some, self.horizon)

        def loss(volatility: PlainVolatility) -> float:
            sides = self._multiples(history, some, volatility).sides(history, some, self.horizon)
            return float(bounds_loss(reach, (sides[0][:, 1], sides[1][:, 1])).mean())

        best = min(self._volatilities(history, rows), key=loss)
        self.learnt = self._multiples(history, rows, best)

    def _volatilities(self, history: History, rows: Rows) -> Sequence[PlainVolatility]:
        """Return those among which the pinball loss chooses."""
        return [*ewma_volatilities(), garch_volatility(history, rows)]

    def _multiples(self, history: History, rows: Rows, volatility: PlainVolatility) -> Multiples:
        unit = volatility.a_candle(history, rows, self.horizon) * np.sqrt(self.horizon)
        up, down = (reach / unit for reach in labels.reaches(history.path, rows, self.horizon))
        above, below = np.quantile(up, RANGE_LEVELS), np.quantile(down, RANGE_LEVELS)
        scores = np.maximum(up - above[1], down - below[1])
        width = [0.0, float(conformal_quantile(scores, RANGE_COVERAGE))]
        return Multiples(
            decay=volatility.decay,
            garch=volatility.garch,
            above=tuple((above + width).tolist()),
            below=tuple((below + width).tolist()),
        )

    def predict(self, history: History, rows: Rows) -> RangeForecast:
        """Forecast from `rows`."""
        last = history.path.close[rows]
        above, below = self.learnt.sides(history, rows, self.horizon)
        high, upper = (last * np.exp(side) for side in above.T)
        low, lower = (last * np.exp(-side) for side in below.T)
        return RangeForecast(last=last, high=high, low=low, upper=upper, lower=lower)

    def describe(self) -> dict[str, Any]:
        """Return the volatility, and the multiples of both sides."""
        return dict(msgspec.to_builtins(self.learnt))


class EwmaRange(EwmaOrGarchRange):
    """The same by EWMA volatility."""

    name = "ewma_range"

    def _volatilities(self, history: History, rows: Rows) -> Sequence[PlainVolatility]:
        return ewma_volatilities()


class GarchRange(EwmaOrGarchRange):
    """The same by GARCH(1,1)."""

    name = "garch_range"

    def _volatilities(self, history: History, rows: Rows) -> Sequence[PlainVolatility]:
        return [garch_volatility(history, rows)]


def bounds_loss(reach: tuple[Floats, Floats], bounds: tuple[Floats, Floats]) -> Floats:
    """Return the mean pinball loss of the bounds of both sides, all log-moves, one a row."""
    loss = scores.quantile_loss(np.stack(reach), np.stack(bounds), RANGE_LEVELS[1])
    return np.asarray(loss.mean(axis=0))


class ClassPriors:
    """The share that each signal, and each exit of a position, had in the past."""

    name: ClassVar[str] = "class_prior"

    def __init__(self, horizon: int, exits: RiskReward = USUAL) -> None:
        self.horizon = horizon
        self.exits = exits
        self._priors: dict[str, Floats] = {}

    def fit(self, history: History, rows: Rows) -> None:
        """Count the classes of `rows`."""
        unit = history.horizon_volatility(rows, self.horizon)
        label = labels.signal_labels(history.path, rows, unit, self.horizon, self.exits)
        self._priors = {
            part: class_priors(getattr(label, part), len(names))
            for part, names in labels.SIGNAL_PARTS.items()
        }

    def predict(self, history: History, rows: Rows) -> SignalForecast:
        """Give every one of `rows` the same probabilities."""
        unit = history.horizon_volatility(rows, self.horizon)
        return SignalForecast(
            last=history.path.close[rows],
            take_profit=self.exits.take_profit * unit,
            stop_loss=self.exits.stop_loss * unit,
            **{part: np.tile(prior, (len(rows), 1)) for part, prior in self._priors.items()},
        )

    def describe(self) -> dict[str, Any]:
        """Return the shares."""
        return {part: prior.tolist() for part, prior in self._priors.items()}


class Persistence:
    """The last candle comes again, at last price: its reach, its amplitude."""

    name: ClassVar[str] = "persistence"

    def fit(self, history: History, rows: Rows) -> None:
        """Learn nothing."""

    def predict(self, history: History, rows: Rows) -> CandleForecast:
        """Repeat the candle of each of `rows`."""
        path = history.path
        last, high, low = path.close[rows], path.high[rows], path.low[rows]
        even = np.full(len(rows), 0.5)
        return CandleForecast(last, last, high, low, last, high - low, prob_up=even, prob_down=even)

    def describe(self) -> dict[str, Any]:
        """Return nothing."""
        return {}
