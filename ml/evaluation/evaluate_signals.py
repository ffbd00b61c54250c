"""Judge chances of buy, sell and hold by a purged walk-forward.

Whether a barrier is touched at all follows volatility, and can be foreseen on
pure noise; nobody earns by it. The verdict therefore rests on direction alone:
the chance of buy among buy and sell, where either came. What would have been
earned by acting on expected returns stands beside it, after costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.data.candle_frames import data_hash, finished
from ml.data.labels import moves
from ml.evaluation.evaluate import FOLDS, MAX_CANDLES, describe_rows, silent
from ml.evaluation.walk import FoldForecasts, Report, split_rows, walk_models
from ml.features.history import History, make_history
from ml.models.boosting.barrier_classifier import class_priors
from ml.models.boosting.signal_labels import EXITS, SIGNALS, SignalLabels, signal_labels
from ml.models.boosting.signal_model import BarrierSignalsModel, SignalForecast
from ml.models.registry import read_options
from ml.scoring import scores
from ml.scoring.calibration import brier_of_classes, calibration_report, log_loss_of_classes
from ml.scoring.classification import classification
from ml.scoring.scorecard import FEE
from ml.scoring.uncertainty import long_run_variance, skill_interval, verdict

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

MODEL = BarrierSignalsModel.name
# What is judged, with its classes: the signal, and the exits of a position on either side.
PARTS: dict[str, Sequence[str]] = {"signal": SIGNALS, "long": EXITS, "short": EXITS}


@dataclass(frozen=True, eq=False, slots=True)
class _Judged:
    """One part's chances beside what came, and the class prior of each fold's past."""

    label: NDArray[np.int64]
    chance: Floats
    prior: Floats


def evaluate_signals(
    frame: pd.DataFrame,
    resolution: int,
    *,
    horizon: int,
    folds: int = FOLDS,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Return `{n, verdict, direction, parts: {signal, long, short}, after_costs, folds}`.

    Direction and parts have scores, those of the class prior of the past, a
    verdict and a calibration curve of every class. Scores are the Brier score
    summed over classes, log loss, the skill of the former with its interval, and
    those of `ml.scoring.classification`. `after_costs` is the mean log-return of acting where
    the expected return exceeds one, two and three times the fees. Raises as
    `ml.evaluation.evaluate.evaluate` does.
    """
    candles = finished(frame).tail(MAX_CANDLES).reset_index(drop=True)
    history = make_history(candles, resolution)
    rows = history.learnable(horizon)
    chosen = read_options(options or {})
    came = signal_labels(history, rows, horizon)
    splits = split_rows(rows, came.spans, folds)
    makers = {MODEL: lambda: BarrierSignalsModel(horizon, seed, chosen)}
    walked = walk_models(history, makers, splits, report)
    parts = {part: _collect(came, rows, walked, part) for part in PARTS}
    direction = _judge(_direction(parts["signal"]), ("sell", "buy"), horizon, seed)
    return {
        "n": sum(len(fold.test) for fold in walked),
        "verdict": direction["verdict"],
        "direction": direction,
        "parts": {
            part: _judge(parts[part], classes, horizon, seed) for part, classes in PARTS.items()
        },
        "after_costs": _after_costs(history, came, rows, walked, horizon),
        "folds": [_about(history, fold) for fold in walked],
        "seed": seed,
        "data_hash": data_hash(candles),
    }


def _about(history: History, fold: FoldForecasts) -> dict[str, Any]:
    return {
        "train": describe_rows(history, fold.train),
        "test": describe_rows(history, fold.test),
        "model": fold.described[MODEL],
    }


def _collect(came: SignalLabels, rows: Rows, walked: Sequence[FoldForecasts], part: str) -> _Judged:
    label: NDArray[np.int64] = getattr(came, part)
    labels, chances, priors = [], [], []
    for fold in walked:
        said: SignalForecast = fold.forecasts[MODEL]
        past, now = (label[np.searchsorted(rows, part_)] for part_ in (fold.train, fold.test))
        chance: Floats = getattr(said, part)
        labels.append(now)
        chances.append(chance)
        priors.append(np.tile(class_priors(past), (len(now), 1)))
    return _Judged(np.concatenate(labels), np.concatenate(chances), np.concatenate(priors))


def _direction(signal: _Judged) -> _Judged:
    """Return the chances of sell and buy where either came, as if hold were ruled out."""
    came = signal.label > 0
    chance, prior = signal.chance[came][:, [2, 1]], signal.prior[came][:, [2, 1]]
    return _Judged(
        label=(signal.label[came] == 1).astype(np.int64),
        chance=chance / chance.sum(axis=1, keepdims=True),
        prior=prior / prior.sum(axis=1, keepdims=True),
    )


def _after_costs(
    history: History,
    came: SignalLabels,
    rows: Rows,
    walked: Sequence[FoldForecasts],
    horizon: int,
) -> dict[str, dict[str, float]]:
    result = {}
    for times in (1, 2, 3):
        fee = times * FEE
        earned = np.concatenate(
            [_earned(history, came, rows, fold, horizon, fee) for fold in walked]
        )
        error = np.sqrt(long_run_variance(earned, horizon) / len(earned))
        mean = float(earned.mean())
        result[f"{times}x"] = {
            "trades": int((earned != 0).sum()),
            "mean": mean,
            "low": mean - 1.96 * float(error),
            "high": mean + 1.96 * float(error),
        }
    return result


def _earned(
    history: History,
    came: SignalLabels,
    rows: Rows,
    fold: FoldForecasts,
    horizon: int,
    fee: float,
) -> Floats:
    """Return the log-return of each forecast of a fold; 0 where it abstains."""
    said: SignalForecast = fold.forecasts[MODEL]
    at = np.searchsorted(rows, fold.test)
    expected = {side: said.expected_return(side, fee) for side in (1, -1)}
    long_better = expected[1] >= expected[-1]
    side = np.where(long_better, 1, -1)
    exit_ = np.where(long_better, came.long[at], came.short[at])
    move = side * moves(history.path, fold.test, horizon)
    outcome = np.select([exit_ == 1, exit_ == 2], [said.take_profit, -said.stop_loss], move)
    acts = np.maximum(expected[1], expected[-1]) > 0
    return np.where(acts, outcome - 2 * fee, 0.0)


def _judge(judged: _Judged, classes: Sequence[str], horizon: int, seed: int) -> dict[str, Any]:
    loss = brier_of_classes(judged.label, judged.chance)
    baseline = brier_of_classes(judged.label, judged.prior)
    low, high = skill_interval(loss, baseline, horizon, seed=seed)
    return {
        "scores": {
            "brier": float(loss.mean()),
            "log_loss": float(log_loss_of_classes(judged.label, judged.chance).mean()),
            "skill": {"value": float(scores.skill(loss, baseline)), "low": low, "high": high},
        }
        | classification(judged.label, judged.chance),
        "baseline_scores": {
            "brier": float(baseline.mean()),
            "log_loss": float(log_loss_of_classes(judged.label, judged.prior).mean()),
        },
        "verdict": verdict(low, high).value,
        "calibration": {
            name: calibration_report(judged.chance[:, i], judged.label == i)
            for i, name in enumerate(classes)
        },
    }
