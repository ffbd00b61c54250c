"""The walk-forward of the LSTM, in the form in which every model's is shown."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pandas as pd

from core.errors import InvalidRequest
from core.jobs import Progress
from ml.lstm.options import LstmOptions

SEQ_LEN = 60


def evaluate_lstm(
    frame: pd.DataFrame,
    resolution: int,
    *,
    horizon: int,
    folds: int,
    seed: int,
    options: Mapping[str, Any],
    report: Callable[[Progress], None],
) -> dict[str, Any]:
    """Train with so many steps and return the scores of the last; see `ml.evaluate.evaluate`.

    Scores of single folds are over all steps. Loads Keras: run it where
    trainings run.
    """
    from ml.lstm.training import train_lstm

    asked = {"seq_len": SEQ_LEN} | dict(options) | {"nsteps": horizon, "folds": folds, "seed": seed}
    try:
        chosen = msgspec.convert(asked, LstmOptions)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"options: {error}.") from error
    metadata = train_lstm(frame, resolution, chosen, report).metadata
    judged = next(row for row in metadata["by_horizon"] if row["horizon"] == horizon)
    return {
        "n": judged["scores"]["n"],
        "scores": judged["scores"],
        "baseline_scores": judged["baseline_scores"],
        "verdict": judged["verdict"],
        "folds": metadata["folds"],
        "other_baselines": metadata["other_baselines"],
        "seed": seed,
        "data_hash": metadata["data_hash"],
    }
