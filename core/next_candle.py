"""The series of the next candle: each candle beside what was said of the one after it."""

import msgspec

from core.forecast_target import ForecastTarget, target_of_series
from core.series import Series

HORIZON = 1
MODEL = "next_candle"
# The kind of model whose target in the ledger `futures` shows.
LEDGER_MODEL = "boosting"
DAY_S = 86_400
DAYS_LIMITS = (1, 90)
DEFAULT_DAYS = 90
# Candles without a gap that a training needs: the features warm up, four hundred rows to learn
# from are four fifths of what follows, and labels at the split are purged.
LEAST_CANDLES = 560
# Points of one answer at most; more are asked for page by page.
POINTS_LIMIT = 50_000


class RealCandle(msgspec.Struct, frozen=True):
    """The candle as it came, stamped with its opening."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float


class NextPrices(msgspec.Struct, frozen=True):
    """Medians for the next candle; `amp_next` is its high less its low, forecast by itself."""

    open_next: float
    high_next: float
    low_next: float
    close_next: float
    amp_next: float


class NextDirection(msgspec.Struct, frozen=True):
    """Whether the next close lies above this one: 1 if that is the likelier, else 0.

    The three probabilities add up to 1: where prices stand still, neither up nor
    down is what the other leaves.
    """

    dir_next: int
    prob_up: float
    prob_down: float
    prob_unchanged: float = 0.0


class NextErrors(msgspec.Struct, frozen=True):
    """What the next candle showed, null until it is there.

    `close_signed` is the real next close less the forecast one.
    """

    close_abs: float | None
    close_signed: float | None
    amp_abs: float | None


class SeriesPoint(msgspec.Struct, frozen=True):
    """A candle, the forecast of the next one, and its errors.

    `in_sample` says that the model was fitted after this candle was known: what
    stands there is no forecast, and says nothing about skill.
    """

    real: RealCandle
    pred: NextPrices
    cls: NextDirection
    err: NextErrors
    in_sample: bool


def candle_target(series: Series) -> ForecastTarget:
    """Return the target whose champion draws the series of the next candle."""
    return target_of_series(series, HORIZON, MODEL, kind=None)
