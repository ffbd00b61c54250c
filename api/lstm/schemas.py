"""Shapes of the LSTM's routes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.http.schemas import Json, Name, Resolution, Symbol, Time, Version
from core.lstm_limits import (
    EPOCHS_LIMITS,
    FOLDS_LIMITS,
    NSTEPS_LIMITS,
    QUANTILES_LIMIT,
    SEQ_LEN_LIMITS,
    UNITS_LIMITS,
)


def _between(limits: tuple[int, int], description: str) -> Meta:
    return Meta(ge=limits[0], le=limits[1], description=description)


Nsteps = Annotated[int, _between(NSTEPS_LIMITS, "Candles ahead, fixed at training time.")]


class FetchRange(Struct, forbid_unknown_fields=True):
    """Candles to fetch before training; `end` defaults to now."""

    start: Time
    end: Time | None = None


class TrainRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A network to train on all finished candles held of a series."""

    model_name: Name
    model_id: Version
    symbol: Symbol
    resolution: Resolution
    platform: Name | None = None
    seq_len: Annotated[int, _between(SEQ_LEN_LIMITS, "Candles that the network looks back.")]
    nsteps: Nsteps = 1
    epochs: Annotated[int, _between(EPOCHS_LIMITS, "At most; it stops early.")] | None = None
    units: Annotated[int, _between(UNITS_LIMITS, "Width of the network.")] | None = None
    quantiles: (
        Annotated[
            list[Annotated[float, Meta(gt=0, lt=1)]],
            Meta(min_length=1, max_length=QUANTILES_LIMIT, description="Ascending."),
        ]
        | None
    ) = None
    normalization: Literal["returns", "zscore", "minmax"] | None = None
    seed: Annotated[int, Meta(ge=0, lt=2**31)] | None = None
    folds: Annotated[int, _between(FOLDS_LIMITS, "Of the walk-forward.")] | None = None
    overwrite: Annotated[bool, Meta(description="Replace a model of this name and id.")] = False
    fetch: FetchRange | None = None
    predict: Annotated[bool, Meta(description="Forecast all steps after training.")] = False


class PredictRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which model forecasts what; the series defaults to the one that it was trained on."""

    model_name: Name
    model_id: Version
    symbol: Symbol | None = None
    resolution: Resolution | None = None
    platform: Name | None = None


class PredictStepsRequest(PredictRequest, forbid_unknown_fields=True, kw_only=True):
    """As for one step; `nsteps`, if given, must be what the model was trained for."""

    nsteps: Nsteps | None = None


class Model(Struct):
    """A trained model in brief."""

    name: str
    id: str
    platform: str
    symbol: str
    resolution: int
    created_at: str
    trained_at: str | None
    nsteps: int | None
    seq_len: int | None
    n: int | None
    verdict: str | None
    scores: Json
    baseline_scores: Json


class ModelDetails(Model):
    """A trained model with all that its training noted, and the digests of its files."""

    metadata: Json
    digests: dict[str, str]


class ModelList(Struct):
    """Models, newest first."""

    models: list[Model]
