"""Answers of evaluations, trainings and replays of targets. All scores: `/docs`."""

from msgspec import Struct

from core.jobs import Json


class Scored(Struct, kw_only=True):
    """How a model fared, beside the baseline."""

    n: int
    scores: Json
    baseline_scores: Json
    verdict: str


class TargetScored(Scored, kw_only=True):
    """The same, of a target of which the answer speaks."""

    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str


class Evaluation(TargetScored, kw_only=True):
    """How a model fared in the walk-forward, beside the baseline. All scores: `/docs`.

    `baseline` names the model of `baseline_scores`; `not_tried` says of models that would
    stand among the `other_baselines` why they do not.
    """

    baseline: str
    folds: list[Json]
    other_baselines: Json
    not_tried: dict[str, str]
    calibration: Json
    coverage_by_volatility: Json
    coverage_by_hour: Json = {}
    coverage_across_closures: Json | None = None
    seed: int
    data_hash: str
    costs: Json


class ForecastBaseline(Struct):
    """What needs no model: the last close, amid 80% bounds that follow EWMA volatility.

    The bounds are null where too few candles are held to know how far they reach.
    """

    last_price: float
    low: float | None
    high: float | None


class ForecastSkill(Struct):
    """1 - MAE / MAE of last price in the walk-forward, its 95% interval, and the verdict."""

    value: float | None
    low: float | None
    high: float | None
    verdict: str


class SpokenBy(Struct):
    """The training that spoke: `champion` says that it was promoted."""

    run_id: str
    trained_at: str
    champion: bool


class HorizonForecast(Struct):
    """The close of the candle that opens at `time`, `horizon` candles after the newest."""

    horizon: int
    time: str
    predicted: float
    interval: dict[str, list[float]]
    prob_up: float
    baseline: ForecastBaseline
    skill: ForecastSkill
    verdict: str
    spoken_by: SpokenBy


class ForecastsMade(Struct, kw_only=True):
    """Forecasts of a series from its newest finished candle, a horizon each.

    `verdict` and `skill` are those of the horizon whose verdict is the worst. `as_of` is when
    the newest candle closed, `age` how long ago that was (s), `stale` that newer ones lack by
    the series' own sessions, and `closed` that its market is closed now. `thin`: the newest
    candle seems cut short.
    """

    platform: str
    symbol: str
    resolution: int
    model: str
    forecasts: list[HorizonForecast]
    verdict: str
    skill: ForecastSkill
    as_of: str | None
    age: int | None
    stale: bool
    closed: bool
    thin: bool


class HorizonsTrained(Struct):
    """Which horizons were trained for a forecast."""

    trained: list[int]


class SlotTrained(TargetScored, kw_only=True):
    """What became of the challenger, and why.

    `candidates` counts the recipes that were tried on the target, this one included; the
    intervals, and so the verdict, hold for all of them together.
    """

    run_id: str
    promoted: bool
    reason: str
    comparisons: list[Json]
    candidates: int
    folds: list[Json]
    model_hash: str
    data_hash: str
    code_version: str
    seed: int
    options: Json
    costs: Json
    candles: int
    first_time: str
    last_time: str
    trained_at: str


class Replayed(TargetScored, kw_only=True):
    """The ledger that the rows are in, and their scores.

    `start` and `end` are the openings of the first targets; `skipped` counts
    candles that had a gap too shortly before them.
    """

    ledger: str
    start: str
    end: str
    forecasts: int
    skipped: int
    fits: int
    retrain_every: int
    seed: int
    options: Json
    code_version: str


class SignalsModel(Scored, kw_only=True):
    """One training of ranges or of signals."""

    name: str
    run_id: str
    model: str
    horizon: int
    candles: int
    first_time: str
    last_time: str
    trained_at: str


class SignalsTrained(Struct, kw_only=True):
    """What was trained, with scores of a walk-forward."""

    platform: str
    symbol: str
    resolution: int
    models: list[SignalsModel]


class RegimesChecked(Struct, kw_only=True):
    """Whether regimes foretell anything: of each, `size` and `direction` of what followed."""

    n: int
    volatility: Json
    trend: Json
    data_hash: str
