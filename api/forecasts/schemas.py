"""Shapes of the routes about slots: evaluation, training, replay, leak test."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct, field

from api.http.schemas import Name, Resolution, Symbol, Time
from core.forecast_target import DEFAULT_FOLDS, FOLDS_LIMITS, HORIZON_LIMITS
from core.lstm_limits import EPOCHS_LIMITS, SEQ_LEN_LIMITS, UNITS_LIMITS
from core.models import CLOSE, RANGE, SIGNAL, known_models
from core.risk_reward import RR_PATTERN

if TYPE_CHECKING:
    ModelName = str
    TrainedModel = str
else:
    # Ours and those that other packages bring: a model is no edit here.
    ModelName = Literal[known_models(CLOSE)]
    TrainedModel = Literal[(*known_models(CLOSE), *known_models(RANGE), *known_models(SIGNAL))]
Horizon = Annotated[
    int, Meta(ge=HORIZON_LIMITS[0], le=HORIZON_LIMITS[1], description="Candles ahead.")
]
Folds = Annotated[
    int, Meta(ge=FOLDS_LIMITS[0], le=FOLDS_LIMITS[1], description="Of the walk-forward.")
]
Seed = Annotated[int, Meta(ge=0, lt=2**31, description="The same seed gives the same model.")]
RrConfig = Annotated[str, Meta(pattern=RR_PATTERN, description="Where positions end.")]
Hours = Annotated[int, Meta(ge=0, le=8_760, description="0: never.")]

# How often models are trained again and when they expire, unless that is told (hours).
USUAL_RETRAINING, USUAL_EXPIRY = 168, 720
# Horizons of one forecast.
MOST_HORIZONS = 12
LEAK_TEST_ROWS = 10_000
# An LSTM of a slot looks back no farther than all features need to warm up.
SLOT_SEQ_LEN = 49
LSTM_OPTIONS = frozenset({"seq_len", "units", "epochs", "normalization"})


class OptionsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How a model learns; what is left out has a default that suits returns.

    The last four are the LSTM's, all others boosting's; baselines have none.
    """

    library: Literal["lightgbm", "xgboost"] | None = None
    rounds: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    learning_rate: Annotated[float, Meta(gt=0, le=1)] | None = None
    leaves: Annotated[int, Meta(ge=2, le=256)] | None = None
    least_leaf: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    rows: Annotated[float, Meta(gt=0, le=1)] | None = None
    columns: Annotated[float, Meta(gt=0, le=1)] | None = None
    ridge: Annotated[float, Meta(ge=0, le=1e6)] | None = None
    calibration: Literal["platt", "isotonic"] | None = None
    seq_len: Annotated[int, Meta(ge=SEQ_LEN_LIMITS[0], le=SLOT_SEQ_LEN)] | None = None
    units: Annotated[int, Meta(ge=UNITS_LIMITS[0], le=UNITS_LIMITS[1])] | None = None
    epochs: Annotated[int, Meta(ge=EPOCHS_LIMITS[0], le=EPOCHS_LIMITS[1])] | None = None
    normalization: Literal["returns", "zscore", "minmax"] | None = None


class SlotBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A slot: the close `horizon` candles ahead of a series, by one kind of model."""

    symbol: Symbol
    resolution: Resolution
    platform: Name | None = None
    horizon: Horizon = 1
    model: ModelName = "boosting"
    start: Time | None = None
    end: Time | None = None
    seed: Seed = 0
    options: OptionsBody | None = None


class EvaluateRequest(SlotBody, forbid_unknown_fields=True, kw_only=True):
    """What to judge, on which candles: all that are held, or those from `start` to `end`."""

    folds: Folds = DEFAULT_FOLDS


class SlotTrainRequest(SlotBody, forbid_unknown_fields=True, kw_only=True):
    """What to train, and how often it is trained again by itself while it is watched.

    Besides models of the close these are `path_range`, the range of the whole path, and
    `barrier_signals`, whose positions end as `rr_config` says: take profit and stop loss in
    halves of the horizon's volatility (`rr_2_1` unless told). Both look up to 96 candles ahead.
    """

    model: TrainedModel = "boosting"
    rr_config: RrConfig | None = None
    folds: Folds = DEFAULT_FOLDS
    retrain_hours: Hours = USUAL_RETRAINING
    expires_hours: Hours = USUAL_EXPIRY


class ForecastRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which closes to forecast, so many candles after the newest, and by which model.

    `train`: horizons of which there is no training are trained first, in a task. `folds` and
    `seed` are of that.
    """

    symbol: Symbol
    resolution: Resolution | None = None
    platform: Name | None = None
    horizons: Annotated[list[Horizon], Meta(min_length=1, max_length=MOST_HORIZONS)] = field(
        default_factory=lambda: [1]
    )
    model: ModelName = "boosting"
    train: bool = False
    folds: Folds = DEFAULT_FOLDS
    seed: Seed = 0


class ReplayRequest(SlotBody, forbid_unknown_fields=True, kw_only=True):
    """What to walk through the past: targets that open from `start` to `end`.

    The newest 2,016 unless `start` says otherwise. The model is fitted before
    the first and again every `retrain_every` candles (2,016 unless told).
    """

    retrain_every: (
        Annotated[int, Meta(ge=10, le=100_000, description="Candles between two fits.")] | None
    ) = None


class LeakTestRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A stored series, or candles of your own with their resolution."""

    resolution: Resolution
    symbol: Symbol | None = None
    platform: Name | None = None
    seed: Seed = 0
    candles: (
        Annotated[
            list[Any],
            Meta(
                description="Rows `[time, open, high, low, close, volume]` or objects with "
                "these names, at most 10,000.",
                extra_json_schema={"minItems": 1, "maxItems": LEAK_TEST_ROWS},
            ),
        ]
        | None
    ) = None
