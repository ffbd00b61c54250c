"""A slot: what is forecast, how far ahead, and by which model; and by when it must be said."""

import msgspec

from core.errors import InvalidRequest, NotFound
from core.lstm_limits import windows_needed
from core.names import check_name
from core.resolutions import parse_resolution
from core.series import Series

MODELS = ("boosting", "lstm", "last_price", "drift", "seasonal_naive", "ewma")
HORIZON_LIMITS = (1, 288)
FOLDS_LIMITS = (2, 20)
DEFAULT_FOLDS = 4

# A forecast may be made this long after its first target candle has opened: this share of the
# candle, at most so many milliseconds.
GRACE_SHARE = 0.1
LONGEST_GRACE_MS = 30_000


class Slot(msgspec.Struct, frozen=True, order=True):
    """Forecasts of the close `horizon` candles ahead of one series, by one kind of model."""

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str

    @property
    def series(self) -> Series:
        """Return the series that is forecast."""
        return Series(self.platform, self.symbol, self.resolution)

    def __str__(self) -> str:
        return f"{self.series}:{self.horizon}:{self.model}"


def make_slot(platform: str, symbol: str, resolution: str | int, horizon: int, model: str) -> Slot:
    """Check all parts and return the slot.

    Raises `NotFound` for an unknown model and `InvalidRequest` for the rest.
    """
    if model not in MODELS:
        raise NotFound(f"model must be one of {', '.join(MODELS)}.")
    low, high = HORIZON_LIMITS
    if not low <= horizon <= high:
        raise InvalidRequest(f"horizon must be from {low} to {high} candles.")
    return Slot(
        check_name(platform, "platform"),
        check_name(symbol, "symbol"),
        parse_resolution(resolution),
        horizon,
        model,
    )


def slot_of_series(series: Series, horizon: int, model: str) -> Slot:
    """Return a slot of a series that has been checked."""
    return make_slot(series.platform, series.symbol, series.resolution, horizon, model)


def grace_ms(resolution: int) -> int:
    """Return how long after the first target's opening a forecast still counts (ms)."""
    return min(LONGEST_GRACE_MS, round(resolution * 1_000 * GRACE_SHARE))


def deadline_ms(first_opening: int, resolution: int) -> int:
    """Return the last instant (epoch ms) for a forecast whose first target opens then (s)."""
    return first_opening * 1_000 + grace_ms(resolution)


# Candles after a gap from which no forecast can be made yet: features warm up.
WARM_UP = 50
# Rows that a baseline and boosting must have to learn from.
_LEAST_BASELINE_ROWS, _LEAST_BOOSTING_ROWS = 50, 400
_EMBARGO = 1


def least_candles(model: str, horizon: int) -> int:
    """Return how many finished candles without gaps are enough for a walk-forward.

    Its first test begins in the middle; labels that overlap it are purged from
    what comes before.
    """
    return WARM_UP + horizon + 2 * (_least_rows(model, horizon) + horizon + _EMBARGO)


def least_training(model: str, horizon: int) -> int:
    """Return how many finished candles without gaps are enough for one fit."""
    return WARM_UP + horizon + _least_rows(model, horizon)


def _least_rows(model: str, horizon: int) -> int:
    if model == "lstm":
        return windows_needed(horizon)
    return _LEAST_BOOSTING_ROWS + horizon if model == "boosting" else _LEAST_BASELINE_ROWS
