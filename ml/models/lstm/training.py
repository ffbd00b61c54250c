"""Train an LSTM: score it in a walk-forward, then fit it once more to all history."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.jobs import Progress
from core.lstm_limits import EMBARGO, FIRST_TEST, LEAST_TRAIN, windows_needed
from ml.data.candle_frames import finished
from ml.data.sessions import Sessions, learn_sessions
from ml.data.walkforward import Fold, walk_forward
from ml.models.lstm.artifact import save_model
from ml.models.lstm.baseline_models import baseline_models
from ml.models.lstm.evaluation import forecast_test
from ml.models.lstm.fitting import Fitter
from ml.models.lstm.metadata import describe_data, describe_model, describe_run
from ml.models.lstm.model import LstmModel
from ml.models.lstm.network import Architecture
from ml.models.lstm.options import LstmOptions, candles_needed
from ml.models.lstm.progress import TrainingProgress
from ml.models.lstm.scoring import FoldRecord, score_records
from ml.models.lstm.windows import CHANNELS, Windows, prepare_candles

# Windows, the newest, on which the saved graph must agree with Keras.
SAMPLE = 256


@dataclass(frozen=True, eq=False, slots=True)
class TrainedLstm:
    """A trained network and all that is said about it: `metadata`, fit for JSON."""

    metadata: dict[str, Any]
    network: Any
    sample: NDArray[np.float32]

    def save(self, folder: Path) -> None:
        """Write `model.weights.h5`, `model.json` and `model.onnx` into an existing folder.

        Raises `RuntimeError`, and writes nothing, if the ONNX graph would
        forecast otherwise than Keras does.
        """
        save_model(folder, self.network, self.metadata, self.sample)


def train_lstm(
    frame: pd.DataFrame,
    resolution: int,
    options: LstmOptions,
    report: Callable[[Progress], None],
) -> TrainedLstm:
    """Score an LSTM in a purged walk-forward, then fit it to all of `frame`.

    `frame` holds candles of `resolution` seconds as `ml.data.candle_frames` has
    them; unfinished ones are left out. `report` is called at least once a
    second while the network is at work, and may raise `JobStopped`. The same
    frame, options and machine give the same bits. Raises `InvalidRequest`
    where there is too little to learn from.
    """
    begun = time.monotonic()
    candles = finished(frame).tail(options.max_candles).reset_index(drop=True)
    windows, sessions = _windows(candles, resolution, options)
    progress = TrainingProgress(report, options.folds + 1, options.epochs)
    progress.say("loading the network")
    shape = _architecture(options)
    model = LstmModel(options, Fitter(shape, options.seed, progress))
    records = _walk(windows, model, progress)
    progress.begin(options.folds, "fitting to all candles")
    model.fit(windows, np.arange(len(windows.origins)))
    progress.finish("scoring")
    metadata = (
        describe_model(model, shape, windows, sessions)
        | describe_data(candles, windows)
        | describe_run(options)
        | score_records(records, windows, options.seed, progress.say)
        | {"seconds": round(time.monotonic() - begun, 3)}
    )
    sample = windows.inputs(np.arange(len(windows.origins))[-SAMPLE:], model.scaler_)
    return TrainedLstm(metadata, model.fitter.network, sample)


def _windows(
    candles: pd.DataFrame, resolution: int, options: LstmOptions
) -> tuple[Windows, Sessions]:
    """Cut windows, or raise `InvalidRequest` saying how much is needed and held."""
    if len(candles) < candles_needed(options):
        raise InvalidRequest(
            f"seq_len {options.seq_len} with nsteps {options.nsteps} needs at least "
            f"{candles_needed(options)} finished candles; {len(candles)} are held."
        )
    sessions = learn_sessions(candles["time"].to_numpy(np.int64), resolution)
    windows = Windows(prepare_candles(candles, sessions), options.seq_len, options.nsteps)
    if len(windows.origins) < windows_needed(options.nsteps):
        raise InvalidRequest(
            f"seq_len {options.seq_len} with nsteps {options.nsteps} needs "
            f"{windows_needed(options.nsteps)} windows without a gap; the {len(candles)} "
            f"candles held give {len(windows.origins)}: fill the gaps or add candles."
        )
    return windows, sessions


def _architecture(options: LstmOptions) -> Architecture:
    return Architecture(
        options.seq_len, len(CHANNELS), options.units, options.nsteps, options.quantiles
    )


def _walk(windows: Windows, model: LstmModel, progress: TrainingProgress) -> list[FoldRecord]:
    """Fit and forecast one fold after another."""
    options = model.options
    folds = walk_forward(
        windows.spans,
        folds=options.folds,
        first_test=FIRST_TEST,
        embargo=EMBARGO,
        min_train=LEAST_TRAIN,
    )
    records = []
    for index, fold in enumerate(folds):
        progress.begin(index, f"fold {index + 1} of {len(folds)}")
        records.append(_record(windows, fold, model))
    return records


def _record(windows: Windows, fold: Fold, model: LstmModel) -> FoldRecord:
    levels = model.options.quantiles
    model.fit(windows, fold.train)
    forecasts = forecast_test(model, windows, fold, levels)
    baselines = baseline_models(levels)
    for baseline in baselines.values():
        baseline.fit(windows, fold.train)
    beside = {
        name: forecast_test(baseline, windows, fold, levels) for name, baseline in baselines.items()
    }
    return FoldRecord(fold, model.report_, forecasts, beside)
