"""What the next candles of five minutes may bring: ranges of their path, and signals."""

from types import MappingProxyType

import msgspec

from core.clock.times import format_time
from core.errors import InvalidRequest, ModelUnavailable
from core.forecast_target import ForecastTarget, target_of_series
from core.series import Series

RESOLUTION = 300
HORIZON_LABELS = MappingProxyType({6: "scalping", 18: "intraday", 36: "swing", 72: "position"})
HORIZONS = tuple(HORIZON_LABELS)

# The models behind them, as the registry calls them.
RANGE_MODEL, SIGNAL_MODEL = "path_range", "barrier_signals"
PATH_MODELS = (RANGE_MODEL, SIGNAL_MODEL)

DEFAULT_FOLDS = 4
# The two kinds of answers.
PREDICTION, SIGNAL_ANSWER = "prediction", "signal"

BUY, SELL, HOLD = "buy", "sell", "hold"
SIGNALS = (HOLD, BUY, SELL)

# A position is entered with the candle that opens next: a signal counts as in time so long
# after that (ms), as a forecast of the ledger does.
GRACE_MS = 30_000


class SignalWords(msgspec.Struct, frozen=True):
    """From which values on a signal is called moderate or strong, its quality medium or high.

    Strength goes by the chance of the signal's side among buy and sell, quality by the
    expected return after costs in multiples of these costs.
    """

    moderate: float = 0.55
    strong: float = 0.60
    medium: float = 0.25
    high: float = 1.0


def check_horizon(horizon: int) -> int:
    """Return a horizon in candles; raises `InvalidRequest`."""
    if horizon not in HORIZONS:
        known = [str(each) for each in HORIZONS]
        detail = f"horizon must be one of {', '.join(known)} candles."
        raise InvalidRequest(detail, field="horizon", choices=known)
    return horizon


def model_name(target: ForecastTarget) -> str:
    """Return the name under which `/api/v1/models` shows what speaks for a target."""
    return f"{target.model}.{target.platform}.{target.symbol}.{target.resolution}.{target.horizon}"


def version_name(created_at: int, model_hash: str) -> str:
    """Return a name for a training that sorts by time."""
    stamp = format_time(created_at // 1_000 * 1_000)
    return f"{stamp[:10].replace('-', '')}.{stamp[11:19].replace(':', '')}-{model_hash[:8]}"


def path_target(series: Series, horizon: int, model: str) -> ForecastTarget:
    """Return the target of a model of ranges or of signals."""
    return target_of_series(series, horizon, model, kind=None)


def nothing_trained(target: ForecastTarget) -> ModelUnavailable:
    """Return the error of a target for which nothing speaks yet."""
    return ModelUnavailable(
        f"No model is trained yet for {target.symbol} on {target.platform}, {target.horizon} "
        "candles ahead. POST /api/v1/models/train trains it, which takes minutes; series on the "
        "watch-list are trained by themselves."
    )
