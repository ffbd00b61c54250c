"""Ranges and signals of the path ahead: trained and judged alike, and read from their files."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pandas as pd

from core.errors import CorruptArtifact
from ml.data.candle_frames import finished
from ml.evaluation.evaluate import MAX_CANDLES, silent
from ml.evaluation.evaluate_range import evaluate_range
from ml.evaluation.evaluate_signals import evaluate_signals
from ml.evaluation.walk import Report
from ml.features.history import make_history
from ml.features.model_inputs import INPUTS
from ml.models.boosting.range_model import PathRangeModel
from ml.models.boosting.signal_model import BarrierSignalsModel
from ml.models.protocol import Files
from ml.models.registry import FILE

OutlookModel = PathRangeModel | BarrierSignalsModel

_EVALUATE = {
    PathRangeModel.name: evaluate_range,
    BarrierSignalsModel.name: evaluate_signals,
}
_KINDS: Mapping[str, type[PathRangeModel] | type[BarrierSignalsModel]] = {
    PathRangeModel.name: PathRangeModel,
    BarrierSignalsModel.name: BarrierSignalsModel,
}


@dataclass(frozen=True, eq=False, slots=True)
class TrainedOutlook:
    """A model fitted to all candles, beside what a walk-forward through them showed."""

    model: OutlookModel
    evaluation: dict[str, Any]
    times: tuple[int, int]
    candles: int
    samples: int
    features: int
    seconds: float


def train_outlook(
    frame: pd.DataFrame,
    resolution: int,
    kind: str,
    horizon: int,
    *,
    folds: int,
    seed: int = 0,
    report: Report = silent,
) -> TrainedOutlook:
    """Judge a kind of model by a walk-forward, then fit it to all that is known.

    Raises `InvalidRequest` where there is too little to learn from; `report` may
    raise `JobStopped`.
    """
    began = time.perf_counter()
    candles = finished(frame).tail(MAX_CANDLES).reset_index(drop=True)
    evaluation = _EVALUATE[kind](
        candles, resolution, horizon=horizon, folds=folds, seed=seed, report=report
    )
    history = make_history(candles, resolution)
    rows = history.learnable(horizon)
    model = _KINDS[kind](horizon, seed)
    model.fit(history, rows)
    return TrainedOutlook(
        model=model,
        evaluation=evaluation,
        times=(int(history.times[0]), int(history.times[-1])),
        candles=len(candles),
        samples=len(rows),
        features=len(INPUTS),
        seconds=time.perf_counter() - began,
    )


def read_outlook(files: Files) -> OutlookModel:
    """Return the model that `to_files` wrote; raises `CorruptArtifact`."""
    try:
        kind = msgspec.json.decode(files[FILE], type=_Named).name
        return _KINDS[kind].from_files(files)
    except (KeyError, msgspec.DecodeError) as error:
        raise CorruptArtifact("A stored model cannot be read; train it again.") from error


class _Named(msgspec.Struct):
    name: str
