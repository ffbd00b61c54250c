"""Judge any model by a purged walk-forward: what it would have said, beside what came."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.jobs import Progress
from core.times import format_time
from ml.data.candle_frames import data_hash, finished
from ml.data.labels import fixed_spans
from ml.evaluation.scored_folds import Judged
from ml.evaluation.walk import FoldForecasts, Report, split_rows, walk_models
from ml.features.history import History, make_history
from ml.models.protocol import Model
from ml.models.registry import make_model
from ml.scoring.calibration import calibration_report
from ml.scoring.scorecard import judge

Rows = NDArray[np.intp]

FOLDS = 4
# Of a longer history the newest so many candles are used.
MAX_CANDLES = 100_000
# Last price amid intervals of EWMA volatility, with the class prior: what a model must beat.
BASELINE = "ewma"
OTHER_BASELINES = ("drift", "seasonal_naive")


def silent(progress: Progress) -> None:
    """Report nothing."""


def evaluate(
    frame: pd.DataFrame,
    resolution: int,
    *,
    model: str,
    horizon: int,
    folds: int = FOLDS,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Return `{n, scores, baseline_scores, verdict, folds, ...}`; nothing is registered.

    `frame` holds candles as `ml.data.candle_frames` has them. `baseline_scores` are
    last price's, with conformal EWMA intervals and the class prior;
    `other_baselines` those of drift and seasonal naive. Raises `InvalidRequest`
    where there is too little to learn from and `NotFound` for an unknown model;
    `report` may raise `JobStopped`.
    """
    candles = finished(frame).tail(MAX_CANDLES).reset_index(drop=True)
    history = make_history(candles, resolution)
    rows = history.learnable(horizon)
    splits = split_rows(rows, fixed_spans(rows, horizon), folds)
    names = dict.fromkeys((model, BASELINE, *OTHER_BASELINES))
    makers = {name: _maker(name, horizon, seed, options) for name in names}
    walked = walk_models(history, makers, splits, report)
    result = judge_walk(history, walked, model, horizon, seed)
    return result | {"seed": seed, "data_hash": data_hash(candles)}


def judge_walk(
    history: History, walked: Sequence[FoldForecasts], model: str, horizon: int, seed: int = 0
) -> dict[str, Any]:
    """Return the result of a walk-forward, overall and fold by fold."""
    judged = {
        name: Judged.join([Judged.of(history, fold, name, horizon) for fold in walked])
        for name in walked[0].forecasts
    }
    cards = {name: each.scores(seed) for name, each in judged.items()}
    return {
        "n": cards[model]["n"],
        "scores": cards[model],
        "baseline_scores": cards[BASELINE],
        "verdict": judge(cards[model]),
        "folds": [_fold(history, fold, model, horizon, seed) for fold in walked],
        "other_baselines": {name: cards[name] for name in OTHER_BASELINES},
        "calibration": calibration_report(judged[model].prob_up, judged[model].up),
        "coverage_by_volatility": judged[model].coverage_by_volatility(),
    }


def _fold(
    history: History, fold: FoldForecasts, model: str, horizon: int, seed: int
) -> dict[str, Any]:
    card = Judged.of(history, fold, model, horizon).scores(seed)
    return {
        "train": describe_rows(history, fold.train),
        "test": describe_rows(history, fold.test),
        "scores": card,
        "baseline_scores": Judged.of(history, fold, BASELINE, horizon).scores(seed),
        "verdict": judge(card),
        "model": fold.described[model],
    }


def describe_rows(history: History, rows: Rows) -> dict[str, Any]:
    """Return how many rows there are, and the openings of the first and the last."""
    start, end = (format_time(int(history.times[row]) * 1_000) for row in (rows[0], rows[-1]))
    return {"n": len(rows), "start": start, "end": end}


def _maker(
    name: str, horizon: int, seed: int, options: Mapping[str, Any] | None
) -> Callable[[], Model]:
    return lambda: make_model(name, horizon, seed, options)
