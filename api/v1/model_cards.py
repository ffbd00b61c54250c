"""Trainings as the routes of models show them, whatever kind they are."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from api.v1.schemas_models import (
    FeatureImportance,
    ModelMetrics,
    ModelStatus,
    Number,
    Performance,
    Training,
)
from core.clock.times import format_time
from core.forecast_target import ForecastTarget
from core.models import SIGNAL
from core.signals import model_name, version_name
from storage.models.runs import RunRecord

_REGRESSION = ("mae", "mse", "rmse", "mape")
_CLASSES = ("accuracy", "precision", "recall", "f1_score", "auc")
_SKILL = ("value", "low", "high")


class Card(Struct, frozen=True):
    """A model under its name; `target` is None for an LSTM with a name."""

    status: ModelStatus
    training: Training
    performance: Performance
    importance: list[FeatureImportance]
    id: str
    target: ForecastTarget | None


def card_of_run(run: RunRecord) -> Card:
    """Return the card of a champion."""
    target, classifier = run.target, run.target.kind == SIGNAL
    scores = run.scores["signal"] if classifier else run.scores
    performance = _performance(run.n, scores, run.verdict, classifier)
    if classifier:
        performance.skill = _skill(run.scores["direction"])
    status = ModelStatus(
        name=model_name(target),
        type="classifier" if classifier else "regressor",
        version=version_name(run.created_at, run.model_hash),
        loaded=False,
        last_trained=format_time(run.created_at),
        verdict=run.verdict,
        metrics=_metrics(performance),
        symbols=[target.symbol],
        platforms=[target.platform],
        resolution=target.resolution,
        horizons=[target.horizon],
    )
    training = Training(
        samples=run.metadata.get("samples"),
        features=run.metadata.get("features"),
        trained_at=format_time(run.created_at),
        training_time_seconds=run.metadata.get("seconds"),
        candles=run.candles,
        first_time=format_time(run.first_time * 1_000),
        last_time=format_time(run.last_time * 1_000),
    )
    return Card(status, training, performance, _importance(run), run.id, target)


def card_of_lstm(record: RunRecord) -> Card:
    """Return the card of an LSTM."""
    noted = record.metadata
    scores = noted.get("scores") or {}
    performance = _performance(
        int(noted.get("n") or 0), scores, noted.get("verdict") or "unproven", classifier=False
    )
    status = ModelStatus(
        name=f"lstm.{record.name}.{record.name_id}",
        type="regressor",
        version=record.name_id or "",
        loaded=False,
        last_trained=noted.get("trained_at") or format_time(record.created_at),
        verdict=performance.verdict,
        metrics=_metrics(performance),
        symbols=[record.series.symbol],
        platforms=[record.series.platform],
        resolution=record.series.resolution,
        horizons=list(range(1, int(noted.get("nsteps") or 1) + 1)),
    )
    training = Training(
        samples=noted.get("n"),
        features=None,
        trained_at=status.last_trained,
        training_time_seconds=noted.get("seconds"),
        candles=None,
        first_time=None,
        last_time=None,
    )
    return Card(status, training, performance, [], record.id, None)


def _performance(n: int, scores: Mapping[str, Any], verdict: str, classifier: bool) -> Performance:
    known: dict[str, Any] = {
        name: _number(scores, name) for name in (_CLASSES if classifier else _REGRESSION)
    }
    if known.get("mse") is None and (rmse := known.get("rmse")) is not None:
        known["mse"] = rmse**2
    found = Performance(n=n, verdict=verdict, **known)
    if not classifier:
        found.accuracy = _number(scores.get("direction") or {}, "accuracy")
    coverage = scores.get("coverage")
    found.coverage = {k: _value(v) for k, v in coverage.items()} if coverage else None
    found.pinball, found.brier = _number(scores, "pinball"), _number(scores, "brier")
    found.skill = _skill(scores)
    return found


def _skill(scores: Mapping[str, Any]) -> dict[str, Number] | None:
    skill = scores.get("skill")
    return {name: _number(skill, name) for name in _SKILL} if skill else None


def _metrics(performance: Performance) -> ModelMetrics:
    return ModelMetrics(performance.accuracy, performance.mae, performance.f1_score)


def _importance(run: RunRecord) -> list[FeatureImportance]:
    """Return the mean over a model's parts, the most important first; those of no use left out."""
    parts = (run.metadata.get("model") or {}).get("importance") or {}
    sums: dict[str, float] = defaultdict(float)
    for shares in parts.values():
        for feature, share in shares.items():
            sums[feature] += share / len(parts)
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return [FeatureImportance(feature, share) for feature, share in ordered if share > 0]


def _number(values: Mapping[str, Any], name: str) -> Number:
    return _value(values.get(name))


def _value(value: Any) -> Number:
    return float(value) if isinstance(value, int | float) else None
