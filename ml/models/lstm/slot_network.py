"""One fitted network: learnt by Keras under one lock, asked through ONNX Runtime."""

import tempfile
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.features.history import History
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.windows import CHANNELS, LevelScaler, PreparedCandles, Windows

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# Windows forecast at once: their inputs stay small.
BATCH = 4_096

# Keras seeds its random numbers for the whole process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, eq=False)
class Network:
    """The graph that forecasts, and Keras's weights, both as files hold them."""

    graph: bytes
    weights: bytes

    @cached_property
    def _session(self) -> Any:
        from ml.models.lstm.session import open_session

        return open_session(self.graph)

    def quantiles(
        self, candles: PreparedCandles, origins: Rows, seq_len: int, scaler: LevelScaler | None
    ) -> Floats:
        """Return raw quantiles of all steps' moves in volatilities, shape (origins, steps, Q)."""
        from ml.models.lstm.session import run_session

        parts = [
            run_session(self._session, candles.inputs(chunk, seq_len, scaler))
            for chunk in np.split(origins, range(BATCH, len(origins), BATCH))
        ]
        return np.sort(np.concatenate(parts).astype(np.float64), axis=-1)


class FittedNetwork(NamedTuple):
    """A network with its scaler and adjustment; `held` are the windows that chose the latter."""

    network: Network
    scaler: LevelScaler | None
    adjustment: Adjustment
    held: Rows


def fit_network(
    history: History, windows: Windows, past: Rows, options: LstmOptions
) -> FittedNetwork:
    """Fit to the windows numbered `past`; raises `JobStopped` when the history says so."""
    from ml.models.lstm.fitting import Fitter
    from ml.models.lstm.model import LstmModel
    from ml.models.lstm.network import Architecture
    from ml.models.lstm.onnx_graph import make_onnx

    shape = Architecture(
        options.seq_len, len(CHANNELS), options.units, options.nsteps, options.quantiles
    )
    with _one_at_a_time:
        model = LstmModel(options, Fitter(shape, options.seed, _Stoppable(history)))
        model.fit(windows, past)
        keras_network = model.fitter.network
        graph = make_onnx(shape, keras_network.get_weights())
        network = Network(graph, _weights(keras_network))
    return FittedNetwork(network, model.scaler_, model.adjustment_, model.parts_.calibration)


def _weights(keras_network: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        keras_network.save_weights(path)
        return path.read_bytes()


class _Stoppable:
    """Ends a fit between two batches when the history says so."""

    def __init__(self, history: History) -> None:
        self._history = history

    def batch(self) -> None:
        self._history.go_on()

    def epoch(self, done: int) -> None:
        self._history.go_on()
