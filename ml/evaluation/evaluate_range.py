"""Judge ranges of the path ahead by a purged walk-forward."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.data.candle_frames import data_hash, finished
from ml.data.labels import fixed_spans
from ml.evaluation.evaluate import FOLDS, MAX_CANDLES, describe_rows, silent
from ml.evaluation.walk import FoldForecasts, Makers, Report, split_rows, walk_models
from ml.features.history import History, make_history
from ml.models.boosting.range_model import COVERAGE, PathRangeModel, RangeForecast, reaches
from ml.models.ewma_range import EwmaRange
from ml.models.registry import read_options
from ml.scoring import scores
from ml.scoring.uncertainty import skill_interval, verdict

Floats = NDArray[np.float64]

MODEL, BASELINE = PathRangeModel.name, EwmaRange.name
BOUND = (1 + COVERAGE) / 2


def evaluate_range(
    frame: pd.DataFrame,
    resolution: int,
    *,
    horizon: int,
    folds: int = FOLDS,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Return `{n, scores, baseline_scores, verdict, folds}` of ranges `horizon` candles long.

    Scores: `coverage` of the whole path by the 90% range, `pinball` of its two
    bounds (0.95 and 0.05) in quote currency, `mae_percent` of the medians of
    high and low, their `mae, mse, rmse, mape` on average, `skill` of the pinball
    against a conformal range of EWMA volatility. Raises as `ml.evaluation.evaluate.evaluate` does.
    """
    candles = finished(frame).tail(MAX_CANDLES).reset_index(drop=True)
    history = make_history(candles, resolution)
    rows = history.learnable(horizon)
    chosen = read_options(options or {})
    makers: Makers = {
        MODEL: lambda: PathRangeModel(horizon, seed, chosen),
        BASELINE: lambda: EwmaRange(horizon),
    }
    splits = split_rows(rows, fixed_spans(rows, horizon), folds)
    walked = walk_models(history, makers, splits, report)
    overall = _judge(history, walked, horizon, seed)
    each = [_judge(history, [fold], horizon, seed) | _about(history, fold) for fold in walked]
    return overall | {"folds": each, "seed": seed, "data_hash": data_hash(candles)}


def _about(history: History, fold: FoldForecasts) -> dict[str, Any]:
    return {
        "train": describe_rows(history, fold.train),
        "test": describe_rows(history, fold.test),
        "model": fold.described[MODEL],
    }


def _judge(
    history: History, walked: Sequence[FoldForecasts], horizon: int, seed: int
) -> dict[str, Any]:
    ours, theirs = (_losses(history, walked, name, horizon) for name in (MODEL, BASELINE))
    loss, baseline_loss = ours["loss"], theirs["loss"]
    low, high = skill_interval(loss, baseline_loss, horizon, seed=seed)
    skill = {"value": float(scores.skill(loss, baseline_loss)), "low": low, "high": high}
    return {
        "n": len(loss),
        "scores": _means(ours) | {"skill": skill},
        "baseline_scores": _means(theirs),
        "verdict": verdict(low, high).value,
    }


def _means(table: Mapping[str, Floats]) -> dict[str, Any]:
    return {
        "coverage": {f"{COVERAGE:g}": float(table["held"].mean())},
        "pinball": float(table["loss"].mean()),
        "mae_percent": {side: float(table[side].mean()) for side in ("high", "low")},
        "mape": float(table["relative"].mean()),
        "mae": float(table["absolute"].mean()),
        "mse": float(table["squared"].mean()),
        "rmse": float(np.sqrt(table["squared"].mean())),
    }


def _losses(
    history: History, walked: Sequence[FoldForecasts], model: str, horizon: int
) -> dict[str, Floats]:
    """Return, one element a forecast, the loss of both bounds and what else is averaged."""
    parts = [_fold_losses(history, fold, fold.forecasts[model], horizon) for fold in walked]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _fold_losses(
    history: History, fold: FoldForecasts, said: RangeForecast, horizon: int
) -> dict[str, Floats]:
    up, down = reaches(history, fold.test, horizon)
    high, low = said.last * np.exp(up), said.last * np.exp(-down)
    above, below = np.abs(high - said.high), np.abs(low - said.low)
    return {
        "loss": (_pinball(high, said.upper, BOUND) + _pinball(low, said.lower, 1 - BOUND)) / 2,
        "held": ((high <= said.upper) & (low >= said.lower)).astype(np.float64),
        "high": 100 * above / said.last,
        "low": 100 * below / said.last,
        "absolute": (above + below) / 2,
        "squared": (above**2 + below**2) / 2,
        "relative": 50 * (above / high + below / low),
    }


def _pinball(came: Floats, quantile: Floats, level: float) -> Floats:
    error = came - quantile
    return np.asarray(np.maximum(level * error, (level - 1) * error))
