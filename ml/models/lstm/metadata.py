"""What is written down about a trained model: enough to serve it and to make it again."""

import platform
from importlib.metadata import version
from typing import Any

import msgspec
import pandas as pd

from core.times import format_time, now_ms
from ml.data.candle_frames import data_hash
from ml.data.sessions import Sessions
from ml.data.volatility import MEMORY
from ml.models.lstm.model import LstmModel
from ml.models.lstm.network import Architecture, load_keras
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.windows import CHANNELS, Windows

FORMAT = 1
_LIBRARIES = ("tickcast", "keras", "numpy", "pandas", "onnx")


def describe_model(
    model: LstmModel, shape: Architecture, windows: Windows, sessions: Sessions
) -> dict[str, Any]:
    """Return what serving needs besides the graph."""
    return {
        "format": FORMAT,
        "architecture": msgspec.to_builtins(shape),
        "seq_len": shape.seq_len,
        "nsteps": shape.nsteps,
        "quantiles": list(shape.quantiles),
        "channels": list(CHANNELS),
        "rows_needed": shape.seq_len + MEMORY + 1,
        "resolution": sessions.resolution,
        "sessions": sessions.to_dict(),
        "normalization": {
            "name": model.options.normalization,
            "scaler": msgspec.to_builtins(model.scaler_),
        },
        "shrink": model.adjustment_.kept,
        "conformal": model.adjustment_.shifts,
        "drift": windows.mean_return(),
        "epochs": model.report_.best,
        "losses": model.report_.losses,
    }


def describe_data(candles: pd.DataFrame, windows: Windows) -> dict[str, Any]:
    """Return which candles it learnt from."""
    first, last = (format_time(int(candles["time"].iloc[i]) * 1_000) for i in (0, -1))
    return {
        "candles": len(candles),
        "windows": len(windows.origins),
        "first_time": first,
        "last_time": last,
        "data_hash": data_hash(candles),
    }


def describe_run(options: LstmOptions) -> dict[str, Any]:
    """Return how it was trained: with the candles, enough to do it again."""
    keras = load_keras()
    versions = {name: version(name) for name in _LIBRARIES}
    versions |= {"python": platform.python_version(), "backend": keras.backend.backend()}
    return {
        "options": msgspec.to_builtins(options),
        "seed": options.seed,
        "versions": versions,
        "trained_at": format_time(now_ms()),
    }
