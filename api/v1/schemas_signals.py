"""Shapes of predictions and signals."""

from typing import Annotated

from msgspec import Meta, Struct

from api.forecasts.schemas import RrConfig
from api.http.schemas import Name, Resolution, Symbol
from api.http.v1_envelope import success_of
from core.answers.signals import PredictionData, SignalData
from core.risk_reward import USUAL
from core.signals import HORIZONS, LONGEST_HORIZON

Horizon = Annotated[
    int,
    Meta(
        description="How many candles ahead: of five minutes 6, 18, 36 or 72, of a "
        "`timeframe` that is named 1 to 96.",
        extra_json_schema={"minimum": 1, "maximum": LONGEST_HORIZON, "examples": list(HORIZONS)},
    ),
]


class PredictionRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market, and how far ahead; any with candles and a trained model.

    Candles are of five minutes unless `timeframe` names another length.
    """

    symbol: Symbol
    horizon: Horizon
    platform: Name | None = None
    timeframe: Resolution | None = None


class SignalRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market, how far ahead, and what to add."""

    symbol: Symbol
    horizon: Horizon
    include_range: bool = False
    include_tpsl: bool = False
    platform: Name | None = None
    timeframe: Resolution | None = None
    rr_config: RrConfig = USUAL.name


class TrainOutlookRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market to train, and for which horizons: by default all that candles suffice for.

    Where `timeframe` names another length of candles, as far as its signals look ahead, and
    ranges of 1, 4 and 16.
    """

    symbol: Symbol
    platform: Name | None = None
    horizons: Annotated[list[Horizon], Meta(min_length=1, max_length=len(HORIZONS))] | None = None
    timeframe: Resolution | None = None
    rr_config: RrConfig = USUAL.name
    folds: Annotated[int, Meta(ge=2, le=20)] = 4
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


PredictionAnswer = success_of("PredictionAnswer", PredictionData)
SignalAnswer = success_of("SignalAnswer", SignalData)
