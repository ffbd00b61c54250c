"""What is forecast, how far ahead, and by which model; and by when it must be said."""

import msgspec

from core.clock.resolutions import parse_resolution
from core.errors import InvalidRequest
from core.models import CLOSE, is_model, kind_of_model, unknown_model
from core.names import check_name
from core.series import Series

HORIZON_LIMITS = (1, 288)
FOLDS_LIMITS = (2, 20)
DEFAULT_FOLDS = 4

# A forecast may be made this long after its first target candle has opened: this share of the
# candle, at most so many milliseconds.
GRACE_SHARE = 0.1
LONGEST_GRACE_MS = 30_000


class ForecastTarget(msgspec.Struct, frozen=True, order=True):
    """Forecasts up to `horizon` candles ahead of one series, by one model.

    The model says what is forecast of these candles: see `kind`.
    """

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str

    @property
    def series(self) -> Series:
        """Return the series that is forecast."""
        return Series(self.platform, self.symbol, self.resolution)

    @property
    def kind(self) -> str:
        """Return what is forecast: one of `core.models.KINDS`."""
        return kind_of_model(self.model)

    def __str__(self) -> str:
        return f"{self.series}:{self.horizon}:{self.model}"


def make_target(
    platform: str,
    symbol: str,
    resolution: str | int,
    horizon: int,
    model: str,
    kind: str | None = CLOSE,
) -> ForecastTarget:
    """Check all parts and return the target; `kind` None takes models of every kind.

    Raises `NotFound` for an unknown model and `InvalidRequest` for the rest.
    """
    if not is_model(model, kind):
        raise unknown_model(kind)
    low, high = HORIZON_LIMITS
    if not low <= horizon <= high:
        raise InvalidRequest(f"horizon must be from {low} to {high} candles.")
    return ForecastTarget(
        check_name(platform, "platform"),
        check_name(symbol, "symbol"),
        parse_resolution(resolution),
        horizon,
        model,
    )


def target_of_series(
    series: Series, horizon: int, model: str, kind: str | None = CLOSE
) -> ForecastTarget:
    """Return a target of a series that has been checked."""
    return make_target(series.platform, series.symbol, series.resolution, horizon, model, kind)


def grace_ms(resolution: int) -> int:
    """Return how long after the first target's opening a forecast still counts (ms)."""
    return min(LONGEST_GRACE_MS, round(resolution * 1_000 * GRACE_SHARE))


def deadline_ms(first_opening: int, resolution: int) -> int:
    """Return the last instant (epoch ms) for a forecast whose first target opens then (s)."""
    return first_opening * 1_000 + grace_ms(resolution)
