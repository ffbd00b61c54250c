"""What is written down about an LSTM that was trained under a name, as routes show it."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import msgspec
import pandas as pd

from core.clock.times import format_time, now_ms
from ml.models.lstm.model import LstmModel
from ml.models.lstm.network import Architecture, load_keras
from ml.models.lstm.serving import finished_needed
from ml.models.lstm.windows import CHANNELS

FORMAT = 2
_LIBRARIES = ("tickcast", "keras", "numpy", "pandas", "onnx")
_SCORED = ("n", "scores", "baseline_scores", "verdict", "other_baselines", "by_horizon")


def describe_training(
    model: LstmModel, result: Mapping[str, Any], candles: pd.DataFrame, seconds: float
) -> dict[str, Any]:
    """Return all that is said of a training: what it is, made of what, how, and its scores.

    `result` is that of its walk-forward, `candles` are those that it learnt from.
    """
    scored = {name: result[name] for name in _SCORED}
    folds = [_fold(number, fold) for number, fold in enumerate(result["folds"], 1)]
    return {
        **_describe_model(model),
        **_describe_data(model, result, candles),
        **_describe_run(model),
        **scored,
        "folds": folds,
        "seconds": round(seconds, 3),
    }


def _describe_model(model: LstmModel) -> dict[str, Any]:
    learnt, options = model.learnt, model.options
    shape = Architecture.of(options)
    return {
        "format": FORMAT,
        "architecture": msgspec.to_builtins(shape),
        "seq_len": options.seq_len,
        "nsteps": options.nsteps,
        "quantiles": list(options.quantiles),
        "channels": list(CHANNELS),
        "rows_needed": finished_needed(model),
        "resolution": learnt.sessions["resolution"],
        "sessions": learnt.sessions,
        "normalization": {
            "name": options.normalization,
            "scaler": msgspec.to_builtins(learnt.scaler),
        },
        "shrink": learnt.adjustment.kept,
        "conformal": learnt.adjustment.shifts,
        "drift": learnt.mean_return,
        "epochs": learnt.best,
        "losses": learnt.losses,
    }


def _describe_data(
    model: LstmModel, result: Mapping[str, Any], candles: pd.DataFrame
) -> dict[str, Any]:
    first, last = (format_time(int(candles["time"].iloc[i]) * 1_000) for i in (0, -1))
    return {
        "candles": len(candles),
        "windows": model.learnt.rows,
        "first_time": first,
        "last_time": last,
        "data_hash": result["data_hash"],
    }


def _describe_run(model: LstmModel) -> dict[str, Any]:
    """Return how it was trained: with the candles, enough to do it again."""
    keras = load_keras()
    versions = {name: version(name) for name in _LIBRARIES}
    versions |= {"python": platform.python_version(), "backend": keras.backend.backend()}
    return {
        "options": msgspec.to_builtins(model.options),
        "seed": model.seed,
        "versions": versions,
        "trained_at": format_time(now_ms()),
    }


def _fold(number: int, fold: Mapping[str, Any]) -> dict[str, Any]:
    fitted, parts = fold["model"], {}
    for part in ("train", "test"):
        parts[part] = {"windows": fold[part]["n"]} | {n: fold[part][n] for n in ("start", "end")}
    return {
        "fold": number,
        **parts,
        "epochs": len(fitted["losses"]) - 1,
        "best_epoch": fitted["best"],
        "losses": fitted["losses"],
        **{name: fold[name] for name in ("scores", "baseline_scores", "verdict")},
    }
