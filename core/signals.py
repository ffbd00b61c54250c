"""What the next candles of a series may bring: ranges of their path, and signals."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from core.clock.resolutions import RESOLUTIONS, parse_resolution, resolution_name
from core.clock.times import format_time
from core.errors import InvalidRequest, ModelUnavailable
from core.forecast_target import ForecastTarget, target_of_series
from core.models import exits_of, name_with_exits
from core.risk_reward import USUAL, parse_rr_config
from core.series import Series, make_series

# Source 001 asks about candles of five minutes, so many ahead.
RESOLUTION = 300
HORIZON_LABELS = MappingProxyType({6: "scalping", 18: "intraday", 36: "swing", 72: "position"})
HORIZONS = tuple(HORIZON_LABELS)
# Any other series may be asked about so far.
LONGEST_HORIZON = 96

# How many candles ahead an offered signal looks, by their length; of other lengths 12.
OFFERED_HORIZONS = MappingProxyType(
    {60: 18, 300: 18, 900: 16, 1_800: 12, 3_600: 12, 14_400: 6, 86_400: 5}
)
USUAL_HORIZON = 12
# Where nobody names a horizon, ranges look so many candles ahead.
RANGE_HORIZONS = (1, 4, 16)

# The models behind them, as the registry calls them.
RANGE_MODEL, SIGNAL_MODEL = "path_range", "barrier_signals"

DEFAULT_FOLDS = 4
# The kinds of answers about the path ahead.
PREDICTION, SIGNAL_ANSWER = "prediction", "signal"
# The phase of a market, asked for by its look-back instead of a horizon.
AMD_ANSWER = "amd"

BUY, SELL, HOLD = "buy", "sell", "hold"
SIGNALS = (HOLD, BUY, SELL)

# Why no signal was sealed: the candle did not come, one before it is missing, nothing is trained,
# or a fault of ours. One that came too late says so by itself.
NO_CANDLE, GAP, NO_MODEL, ERROR = "no_candle", "gap", "no_model", "error"

# A position is entered with the candle that opens next: a signal counts as in time so long
# after that (ms), as a forecast of the ledger does.
GRACE_MS = 30_000
# A position may be entered so long after the next open: this share of a candle, at most so many
# seconds.
ENTER_SHARE, LONGEST_ENTRY_S = 0.1, 300


class SignalWords(msgspec.Struct, frozen=True):
    """From which values on a signal is called moderate or strong, its quality medium or high.

    Strength goes by the chance of the signal's side among buy and sell, quality by the
    expected return after costs in multiples of these costs.
    """

    moderate: float = 0.55
    strong: float = 0.60
    medium: float = 0.25
    high: float = 1.0


def enter_by(first_opening: int, resolution: int) -> int:
    """Return until when (s) a signal whose first candle opens then may be entered."""
    return first_opening + int(min(resolution * ENTER_SHARE, LONGEST_ENTRY_S))


def risk_of(price: float, stop_loss: float) -> float:
    """Return the unit R: how far a signal's stop is from its price, as a share of that price.

    What is measured in it does not know how much was staked: lots cannot flatter it.
    """
    return abs(price - stop_loss) / price


def check_horizon(horizon: int) -> int:
    """Return a horizon of source 001 in candles; raises `InvalidRequest`."""
    if horizon not in HORIZONS:
        detail = f"horizon must be one of {', '.join(map(str, HORIZONS))} candles."
        raise InvalidRequest(detail, field="horizon", choices=HORIZONS)
    return horizon


def check_any_horizon(horizon: int) -> int:
    """Return a horizon in candles of any series; raises `InvalidRequest`."""
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise InvalidRequest(
            f"horizon must be from 1 to {LONGEST_HORIZON} candles.", field="horizon"
        )
    return horizon


def horizon_label(series: Series, horizon: int) -> str:
    """Return what a horizon is called: by source 001 where it has a word, else by its length."""
    if series.resolution == RESOLUTION and horizon in HORIZON_LABELS:
        return HORIZON_LABELS[horizon]
    return f"{horizon} x {resolution_name(series.resolution)}"


def signal_model(rr_config: str) -> str:
    """Return the model of signals with such exits; raises `InvalidRequest`."""
    return name_with_exits(SIGNAL_MODEL, parse_rr_config(rr_config))


def signal_answer(model: str) -> str:
    """Return the kind of answer that a model of signals gives."""
    exits = exits_of(model)
    return SIGNAL_ANSWER if exits == USUAL else f"{SIGNAL_ANSWER}.{exits.name}"


def offered_targets(
    platform: str, markets: Mapping[str, Sequence[str]], horizons: Mapping[str, int]
) -> list[ForecastTarget]:
    """Return the targets of signals that are offered: lengths of candles by symbol.

    `horizons` by length replace `OFFERED_HORIZONS`. Raises `InvalidRequest`.
    """
    ahead = offered_horizons(horizons)
    every = [
        make_series(platform, symbol, length)
        for symbol, lengths in markets.items()
        for length in lengths
    ]
    return [path_target(series, ahead[series.resolution], SIGNAL_MODEL) for series in every]


def offered_horizons(own: Mapping[str, int]) -> dict[int, int]:
    """Return how far signals of each length of candles (s) look ahead; `own` replace the usual.

    Raises `InvalidRequest` for a length or horizon that does not exist.
    """
    replaced = {parse_resolution(name): check_any_horizon(ahead) for name, ahead in own.items()}
    return {**dict.fromkeys(RESOLUTIONS, USUAL_HORIZON), **OFFERED_HORIZONS, **replaced}


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
    exits = exits_of(target.model)
    body: dict[str, object] = {
        "symbol": target.symbol,
        "platform": target.platform,
        "timeframe": resolution_name(target.resolution),
    }
    if target.horizon not in RANGE_HORIZONS:
        body["horizons"] = [target.horizon]
    if exits != USUAL:
        body["rr_config"] = exits.name
    unasked = (
        "; series that are watched or offered are trained by themselves" if exits == USUAL else ""
    )
    return ModelUnavailable(
        f"No model is trained yet for {target.symbol} on {target.platform}, {target.horizon} "
        f"candles ahead. POST /api/v1/models/train with {msgspec.json.encode(body).decode()} "
        f"trains it, which takes minutes{unasked}."
    )
