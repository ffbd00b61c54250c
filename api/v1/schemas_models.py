"""Shapes of the models that speak at present."""

from typing import Literal

from msgspec import Struct

from api.http.v1_envelope import success_of

Number = float | None


class ModelMetrics(Struct):
    """Scores of the walk-forward behind a model, null where they do not apply.

    `mae` is in quote currency, `accuracy` of the direction or of the class that came.
    """

    accuracy: Number
    mae: Number
    f1_score: Number


class ModelStatus(Struct):
    """A model that speaks; `loaded`: a worker holds it in memory, else it is read when asked."""

    name: str
    type: Literal["regressor", "classifier"]
    version: str
    loaded: bool
    last_trained: str
    verdict: str
    metrics: ModelMetrics
    symbols: list[str]
    platforms: list[str]
    resolution: int
    horizons: list[int]


class ModelSystem(Struct):
    """All models together; memory is that of the workers that serve them."""

    total_models: int
    loaded_models: int
    memory_usage_mb: float


class ModelsData(Struct):
    """Every model that speaks."""

    models: list[ModelStatus]
    system: ModelSystem


class Training(Struct):
    """What a model learnt from; null where it was not recorded."""

    samples: int | None
    features: int | None
    trained_at: str
    training_time_seconds: Number
    candles: int | None
    first_time: str | None
    last_time: str | None


class Performance(Struct):
    """Scores of the walk-forward: errors of regressors, measures of classifiers.

    `mae`, `mse` and `rmse` are in quote currency, `mape` in percent; those of
    classifiers are means over classes.
    """

    n: int
    mae: Number = None
    mse: Number = None
    rmse: Number = None
    mape: Number = None
    accuracy: Number = None
    precision: Number = None
    recall: Number = None
    f1_score: Number = None
    auc: Number = None
    coverage: dict[str, Number] | None = None
    pinball: Number = None
    brier: Number = None
    skill: dict[str, Number] | None = None
    verdict: str = "unproven"


class FeatureImportance(Struct):
    """A feature's share of the gain in the trees of a model."""

    feature: str
    importance: float


class RecentPredictions(Struct):
    """What was forecast before the fact in the last 24 hours, and how much of it came true.

    `correct` counts right directions, or signals that ended in profit, among the
    `scored`; null without any.
    """

    total: int
    scored: int
    correct: int
    accuracy_24h: Number


class ModelMetricsData(Struct):
    """A model that speaks, its training, and what it has shown since."""

    model_name: str
    version: str
    training: Training
    performance: Performance
    feature_importance: list[FeatureImportance]
    recent_predictions: RecentPredictions


ModelsAnswer = success_of("ModelsAnswer", ModelsData)
ModelMetricsAnswer = success_of("ModelMetricsAnswer", ModelMetricsData)
