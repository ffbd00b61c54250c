"""The validation of the next candle that source 000 reports: the newest fifth of the history."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.times import format_time
from ml.data.candle_frames import data_hash, finished
from ml.data.labels import fixed_spans
from ml.data.walkforward import hold_out
from ml.evaluation.evaluate import MAX_CANDLES
from ml.evaluation.walk import EMBARGO
from ml.features.history import History, make_history
from ml.models.boosting.next_candle_model import (
    HORIZON,
    PRICES,
    NextCandleModel,
    persistence,
    realised_candles,
)
from ml.models.registry import read_options
from ml.scoring import scores
from ml.scoring.uncertainty import skill_interval, verdict

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

VALIDATION_SHARE = 0.2
LEAST_VALIDATION = 50


def validate_next_candle(
    frame: pd.DataFrame,
    resolution: int,
    *,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Fit on the older four fifths, purged, and score the rest.

    Returns `samples`, `split_train`, `split_total`, `validation_start`, close's
    `mae`, `mape`, `smape` with last price's as `baseline`, `skill` and
    `verdict`, and the same errors of every target under `targets`, beside
    repeating the last candle. Raises `InvalidRequest` where there is too little.
    """
    return train_validated(frame, resolution, seed=seed, options=options)[1]


def train_validated(
    frame: pd.DataFrame,
    resolution: int,
    *,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> tuple[NextCandleModel, dict[str, Any]]:
    """Return the model of `validate_next_candle`, which knows the older four fifths only."""
    candles = finished(frame).tail(MAX_CANDLES).reset_index(drop=True)
    history = make_history(candles, resolution)
    rows = history.learnable(HORIZON)
    count = int(len(rows) * VALIDATION_SHARE)
    if count < LEAST_VALIDATION:
        raise InvalidRequest(
            f"Validation needs at least {int(LEAST_VALIDATION / VALIDATION_SHARE)} candles "
            f"after warming up; {len(rows)} are held."
        )
    fold = hold_out(fixed_spans(rows, HORIZON), np.arange(len(rows)), count, EMBARGO)
    model = NextCandleModel(HORIZON, seed, read_options(options or {}))
    model.fit(history, rows[fold.train])
    return model, {
        "samples": len(rows),
        "split_train": len(fold.train),
        "split_total": len(rows),
        "validation_start": format_time(int(history.times[rows[fold.test[0]]]) * 1_000),
        "data_hash": data_hash(candles),
        "model": model.describe(),
    } | _judge(history, model, rows[fold.test], seed)


def _judge(history: History, model: NextCandleModel, rows: Rows, seed: int) -> dict[str, Any]:
    said, came = model.predict(history, rows), realised_candles(history, rows)
    naive = persistence(history, rows)
    targets = {
        name: _errors(came[name], getattr(said, name))
        | {"baseline": _errors(came[name], naive[name])}
        for name in PRICES
    }
    loss, baseline = np.abs(came["close"] - said.close), np.abs(came["close"] - said.last)
    low, high = skill_interval(loss, baseline, HORIZON, seed=seed)
    up = came["close"] > said.last
    return targets["close"] | {
        "skill": {"value": float(scores.skill(loss, baseline)), "low": low, "high": high},
        "verdict": verdict(low, high).value,
        "direction": {
            "accuracy": float(((said.prob_up > 0.5) == up).mean()),
            "base_rate": float(max(up.mean(), 1 - up.mean())),
            "brier": float(scores.brier(up, said.prob_up)),
            "ece": scores.expected_calibration_error(up, said.prob_up),
        },
        "targets": targets,
    }


def _errors(came: Floats, said: Floats) -> dict[str, Any]:
    """Return the errors; percentages leave out what came as 0, such as a candle without range."""
    some = came != 0
    return {
        "mae": float(scores.mae(came, said)),
        "mape": float(scores.mape(came[some], said[some])) if some.any() else None,
        "smape": float(scores.smape(came[some], said[some])) if some.any() else None,
    }
