"""A fitted network as files hold it, asked through ONNX Runtime; Keras is not needed here."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ml.models.lstm.windows import LevelScaler, PreparedCandles

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Rows = NDArray[np.intp]

# Windows forecast at once: their inputs stay small.
BATCH = 4_096
# Farther than this, in volatilities, ONNX Runtime must not be from Keras.
TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Network:
    """The graph that forecasts, and Keras's weights, both as files hold them."""

    graph: bytes
    weights: bytes

    @cached_property
    def _session(self) -> Any:
        return open_session(self.graph)

    def quantiles(
        self, candles: PreparedCandles, origins: Rows, seq_len: int, scaler: LevelScaler | None
    ) -> Floats:
        """Return raw quantiles of all steps' moves in volatilities, shape (origins, steps, Q)."""
        parts = [
            run_session(self._session, candles.inputs(chunk, seq_len, scaler))
            for chunk in np.split(origins, range(BATCH, len(origins), BATCH))
        ]
        return np.sort(np.concatenate(parts).astype(np.float64), axis=-1)


def open_session(graph: bytes) -> Any:
    """Return a session of one thread: a window takes less time than waking another."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def run_session(session: Any, window: Floats32) -> Floats32:
    """Return the raw quantiles of windows (n, seq_len, channels)."""
    return np.asarray(session.run(["quantiles"], {"window": window})[0])


def check_same(served: NDArray[Any], expected: NDArray[Any]) -> None:
    """Raise `RuntimeError` unless both are finite and agree within `TOLERANCE`."""
    difference = np.abs(served - expected).max()
    if not difference <= TOLERANCE:
        raise RuntimeError(f"the ONNX graph differs from Keras by {difference:.3g}")
