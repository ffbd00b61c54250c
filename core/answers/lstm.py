"""Answers of trainings and forecasts of LSTMs that have a name."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from core.jobs import Json


class TrainResult(Struct):
    """How the network fared in the walk-forward, beside the last price. All scores: `/docs`."""

    model: Json
    n: int
    scores: Json
    baseline_scores: Json
    verdict: str
    folds: list[Json]
    by_horizon: list[Json] | UnsetType = UNSET
    seconds: float | UnsetType = UNSET


class Baseline(Struct):
    """What needs no model: the last price, and its drift."""

    last_price: float
    drift: Any


class Skill(Struct):
    """1 - MAE / MAE of the last price in the walk-forward, its 95% interval, and the verdict."""

    value: float | None
    low: float | None
    high: float | None
    verdict: str
    baseline: str = "last_price"


class ModelShown(Struct):
    """The model that spoke."""

    name: str
    id: str
    trained_at: str
    data_hash: str


class ForecastInput(Struct):
    """What the forecast was made from: the newest candle, holes before it, whether unfinished.

    `thin`: volume, range and trades of the newest are a fraction of what is usual, as in
    snapshots of candles that had not ended. Answers kept by earlier versions do not say.
    """

    last_time: str
    gaps: Any
    partial: bool
    thin: bool = False


class Prediction(Struct):
    """One value, stamped with the opening of its candle.

    `as_of` is the close of the newest finished candle held, `age` how long ago that was (s),
    and `stale` that newer ones lack by the series' own sessions: then the forecast is of the past.
    """

    predicted: float
    time: str
    horizon: int
    interval: dict[str, list[float]]
    platform: str
    symbol: str
    resolution: int
    baseline: Baseline
    skill: Skill
    model: ModelShown
    input: ForecastInput
    as_of: str | None = None
    age: int | None = None
    stale: bool = True


class Step(Struct):
    """One of several steps."""

    time: str
    horizon: int
    predicted: float
    interval: dict[str, list[float]]


class Predictions(Struct):
    """All steps that the model was trained for; `as_of`, `age`, `stale` as in `Prediction`."""

    predictions: list[Step]
    platform: str
    symbol: str
    resolution: int
    baseline: Baseline
    skill: Skill
    model: ModelShown
    input: ForecastInput
    as_of: str | None = None
    age: int | None = None
    stale: bool = True
