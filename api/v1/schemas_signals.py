"""Shapes of predictions and signals."""

from typing import Annotated

from msgspec import Meta, Struct

from api.http.schemas import Name, Symbol
from api.http.v1_envelope import success_of
from core.answers.signals import PredictionData, SignalData
from core.signals import HORIZONS

Horizon = Annotated[
    int,
    Meta(
        description="How many candles of five minutes ahead.",
        extra_json_schema={"enum": list(HORIZONS)},
    ),
]


class PredictionRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market, and how far ahead; any with candles of five minutes and a trained model."""

    symbol: Symbol
    horizon: Horizon
    platform: Name | None = None


class SignalRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market, how far ahead, and what to add."""

    symbol: Symbol
    horizon: Horizon
    include_range: bool = False
    include_tpsl: bool = False
    platform: Name | None = None


class TrainOutlookRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which market to train, and for which horizons: by default all that candles suffice for."""

    symbol: Symbol
    platform: Name | None = None
    horizons: Annotated[list[Horizon], Meta(min_length=1, max_length=len(HORIZONS))] | None = None
    folds: Annotated[int, Meta(ge=2, le=20)] = 4
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


PredictionAnswer = success_of("PredictionAnswer", PredictionData)
SignalAnswer = success_of("SignalAnswer", SignalData)
