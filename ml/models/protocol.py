"""How to add a model: what every model can do, and the forecasts of each kind.

A model forecasts one kind of thing at one horizon (candles ahead):

| kind | forecast | what comes of each row |
|---|---|---|
| `close` | `Distribution` | the close of the last candle of the horizon |
| `range` | `RangeForecast` | the highest and the lowest price on the way |
| `signal` | `SignalForecast` | which of two barriers prices touch first |
| `next_candle` | `CandleForecast` | the next candle, horizon 1 |

1. Write a subclass of `Model`, in a module of its own. It is made by
   `Class(horizon, seed, options)`: `options` is what the request asked for, checked by
   the class itself, best by `read_options` against a frozen msgspec struct with
   `forbid_unknown_fields`, whose fields are the model's options with their defaults.
2. Learn from a `History` (`ml.features.history`): `history.path` holds prices,
   `ml.data.labels` makes labels of rows, `ml.features.model_inputs` the inputs without
   units that our own models read. Read of each row that candle and earlier ones only:
   every model is tried on truncated history.
3. Name it. One of ours is a line in `core/models.py`. Another package names it in the
   entry point group `tickcast.models`, and installs beside Tickcast:

       [project.entry-points."tickcast.models"]
       my_model = "my_package.my_module:MyModel"

From then on it is trained, judged by a purged walk-forward beside the baselines of its
kind, promoted over a champion or not, saved, loaded and asked like every other: by
`POST /slots/train` with `"model": "my_model"`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.risk_reward import USUAL, RiskReward
from ml.features.history import History
from ml.features.model_inputs import WARM_UP
from ml.scoring.conformal import Place

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
MEDIAN = LEVELS.index(0.5)
# Of a range: the median, and the bound of each side, which hold together in so many cases.
RANGE_LEVELS = (0.5, 0.95)
RANGE_COVERAGE = 0.9
# On the way from the median of a side's reach to its bound, three of four paths end here: the
# reach of a driftless walk is half-normal (reflection principle), whose quantiles at 0.5, 0.75
# and 0.95 are 0.6745, 1.1503 and 1.9600. How many did is measured, not taken from this.
THREE_QUARTERS = (1.150349 - 0.674490) / (1.959964 - 0.674490)
# Nearer to even than this, which side is likelier is within the error of calibration: on planted
# edges so many more signals were on the wrong side.
LEAST_LEAD = 0.55
# How many newest candles a forecast wants: the windows, the memory of TA-Lib's averages, and
# three hundred outcomes that the intervals follow.
CANDLES_WANTED = 1_000
# Of a longer history the newest so many candles are learnt from.
MAX_CANDLES = 100_000

# The file that every model has: JSON whose `name` is the model's.
FILE = "model.json"
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
Files = Mapping[str, bytes]
Options = TypeVar("Options", bound=msgspec.Struct)


class Forecast:
    """Columns of forecasts, one element (or row of an array) for each row forecast from."""

    def take(self, index: Rows) -> Self:
        """Return the forecasts at `index`."""
        columns = (getattr(self, field.name)[index] for field in fields(self))  # type: ignore[arg-type]
        return type(self)(*columns)


@dataclass(frozen=True, eq=False)
class Distribution(Forecast):
    """Forecasts of the close `horizon` candles after each row.

    Prices: `last` (n,) and `quantiles` (n, len(LEVELS)), ascending, the median
    being the point forecast. `prob_up` (n,) is the chance of a close above last.
    """

    last: Floats
    quantiles: Floats
    prob_up: Floats

    @property
    def point(self) -> Floats:
        """Return the median."""
        return self.quantiles[:, MEDIAN]


@dataclass(frozen=True, eq=False)
class StepForecast(Forecast):
    """Forecasts of every close up to the horizon, at levels that the model's options name.

    Prices: `last` (n,) and `quantiles` (n, steps, levels), ascending.
    """

    last: Floats
    quantiles: Floats


@dataclass(frozen=True, eq=False)
class RangeForecast(Forecast):
    """Prices, one element a row: `high` and `low` are the medians of the path's extremes.

    The whole path stays within `lower`..`upper` in 90% of cases.
    """

    last: Floats
    high: Floats
    low: Floats
    upper: Floats
    lower: Floats

    @property
    def reach(self) -> tuple[Floats, Floats]:
        """Return the prices on either side that about three of four paths stay within."""
        above, below = np.maximum(self.high, self.last), np.minimum(self.low, self.last)
        up = above * (self.upper / above) ** THREE_QUARTERS
        return np.asarray(up), np.asarray(below * (self.lower / below) ** THREE_QUARTERS)


@dataclass(frozen=True, eq=False)
class SignalForecast(Forecast):
    """Probabilities, one row a forecast, in the order of `labels.SIGNALS` and `labels.EXITS`.

    `long` and `short` are the exits of a position on either side, whose profit
    and stop lie `take_profit` and `stop_loss` (log-returns) from `last`.
    """

    last: Floats
    signal: Floats
    long: Floats
    short: Floats
    take_profit: Floats
    stop_loss: Floats

    def expected_return(self, side: int, fee: float) -> Floats:
        """Return what a position on `side` (1 long, -1 short) earns on average, in log-returns.

        `fee` is a fraction of the price, paid going in and out; a position that
        meets neither exit in time is counted as earning nothing.
        """
        exits = self.long if side > 0 else self.short
        gain = exits[:, 1] * self.take_profit - exits[:, 2] * self.stop_loss
        return np.asarray(gain - 2 * fee)

    def lead(self, side: NDArray[np.int64]) -> Floats:
        """Return the chance of the signal on `side` (one a row), where either signal comes."""
        buy, sell = self.signal[:, 1], self.signal[:, 2]
        return np.asarray(np.where(side > 0, buy, sell) / (buy + sell))

    def choice(self, fee: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the side that earns more, and whether a position on it is worth taking.

        It is where it earns on average after costs and its side is likelier than the
        other by more than the error of a calibrated chance (`LEAST_LEAD`).
        """
        long, short = self.expected_return(1, fee), self.expected_return(-1, fee)
        side = np.where(long >= short, 1, -1).astype(np.int64)
        return side, (np.maximum(long, short) > 0) & (self.lead(side) >= LEAST_LEAD)


@dataclass(frozen=True, eq=False)
class CandleForecast(Forecast):
    """Medians of the next candle, one element a row; `amplitude` is high less low.

    What `prob_up` and `prob_down` leave of 1 is the chance of an unchanged close.
    """

    last: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    amplitude: Floats
    prob_up: Floats
    prob_down: Floats


class Followed(msgspec.Struct, frozen=True):
    """How far a model's intervals have followed outcomes, kept with its run between forecasts.

    `until` is the opening (s) of the last forecast whose outcome counts, `places` where
    each width stands since.
    """

    until: int
    places: dict[str, Place]


class Forecaster(Protocol):
    """Anything that learns from rows of a history and forecasts from others (see `Model`)."""

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`."""

    def predict(self, history: History, rows: Rows) -> Any:
        """Forecast from `rows`."""

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON."""


class Model(Protocol):
    """One forecaster of one horizon.

    `fit` learns from `rows` of a history, whose labels must all lie in it, and
    calibrates itself within them; `predict` reads nothing after each row.
    Every random choice follows `seed`. Files are plain text or JSON.
    """

    name: ClassVar[str]
    horizon: int
    # What a subclass says only where it differs: candles without a gap that precede a row it can
    # forecast from; the newest candles that it learns from; how many inputs it reads of a row;
    # the epochs of one fit, if it tells of them (`History.tell_epoch`); and of a model of closes
    # that forecasts every step (`StepForecast`), at which quantile levels; of a model of
    # signals, where positions end.
    warm_up: int = WARM_UP
    max_candles: int = MAX_CANDLES
    features: int = 0
    epochs: int = 1
    step_levels: Sequence[float] | None = None
    exits: RiskReward = USUAL

    def __init__(self, horizon: int, seed: int, options: Mapping[str, Any]) -> None:
        """Take what was asked for; raises `InvalidRequest` for options that do not fit."""

    def check(self, history: History, rows: Rows) -> None:
        """Raise `InvalidRequest` where `rows` are too few for a walk-forward: fits refuse too."""

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from `rows`, ascending; raises `InvalidRequest` where they are too few.

        A long fit calls `history.go_on()` now and then, which raises when it should end.
        """

    def predict(self, history: History, rows: Rows) -> Any:
        """Forecast from `rows`, ascending and ready (`History.ready`), as its kind does.

        Intervals follow the outcomes since training that the history holds: hand in all
        candles since then, or the newest `CANDLES_WANTED` to `predict_from`, which knows
        of earlier ones.
        """

    @property
    def follows(self) -> bool:
        """Say whether intervals go on from what came of earlier forecasts (`predict_from`)."""
        return False

    def predict_from(
        self, history: History, rows: Rows, followed: Followed | None
    ) -> tuple[Any, Followed | None]:
        """Forecast as `predict`, going on from what was `followed` before `history` begins.

        Returns where it stands after `rows`, None from models whose intervals need no memory.
        A long history and pieces of it one after another come to the same.
        """
        return self.predict(history, rows), None

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON: options, shares believed, importance."""

    def to_files(self) -> dict[str, bytes]:
        """Return the fitted model as files by name, `FILE` among them."""

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote."""


def read_options(asked: Mapping[str, Any] | Options, options: type[Options]) -> Options:
    """Check options that came from outside; raises `InvalidRequest` naming what is wrong."""
    try:
        given = asked if isinstance(asked, msgspec.Struct) else dict(asked)
        return msgspec.convert(given, options)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"options: {error}.") from error
