"""A fitted network as files hold it, asked through ONNX Runtime; Keras is not needed here."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ml.data.walkforward import Rows
from ml.features.history import History
from ml.models.lstm.origin_inputs import OriginInputs
from ml.models.lstm.windows import LevelScaler, window_inputs

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

# Windows forecast at once: their inputs stay small.
BATCH = 4_096
# Rows whose quantiles are remembered, a model.
REMEMBERED = 1_024
# Farther than this, in volatilities, ONNX Runtime must not be from Keras.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Inputs:
    """How rows of a history become what the network sees.

    Networks that were trained until November 2026 see windows only, without a floor.
    """

    seq_len: int
    horizon: int
    scaler: LevelScaler | None
    origin: OriginInputs | None
    floor: float = 0.0

    def of(self, history: History, rows: Rows) -> list[Floats32]:
        """Return windows (n, seq_len, channels), and what else is known of rows (n, k)."""
        window = window_inputs(history, rows, self.seq_len, self.scaler, self.floor)
        if self.origin is None:
            return [window]
        return [window, self.origin.of(history, rows, self.horizon)]


@dataclass(frozen=True, eq=False)
class Network:
    """The graph that forecasts, and Keras's weights, both as files hold them."""

    graph: bytes
    weights: bytes

    @cached_property
    def _session(self) -> Any:
        return open_session(self.graph)

    @cached_property
    def _known(self) -> dict[bytes, Floats]:
        return {}

    def quantiles(self, history: History, rows: Rows, inputs: Inputs) -> Floats:
        """Return raw quantiles of all steps' moves in their units, shape (rows, steps, Q).

        Give at most about `BATCH` rows. What few rows gave is remembered by what the
        network saw: a model that speaks at every candle is asked for the same ones
        again and again, whose outcomes its widths follow.
        """
        given = inputs.of(history, rows)
        if len(rows) > REMEMBERED:
            return _ascending(run_session(self._session, *given))
        keys = [b"".join(part[row].tobytes() for part in given) for row in range(len(rows))]
        found = {key: self._known.get(key) for key in keys}
        new = [row for row, key in enumerate(keys) if found[key] is None]
        if new:
            made = _ascending(run_session(self._session, *(part[new] for part in given)))
            learnt = dict(zip((keys[row] for row in new), made, strict=True))
            if len(self._known) > REMEMBERED:
                self._known.clear()
            self._known.update(learnt)
            found |= learnt
        return np.stack([quantiles for key in keys if (quantiles := found[key]) is not None])


def _ascending(quantiles: Floats32) -> Floats:
    return np.sort(quantiles.astype(np.float64), axis=-1)


def open_session(graph: bytes) -> Any:
    """Return a session of one thread: a window takes less time than waking another."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def run_session(session: Any, *inputs: Floats32) -> Floats32:
    """Return the raw quantiles of windows (n, seq_len, channels) and what goes with them."""
    names = [given.name for given in session.get_inputs()]
    return np.asarray(session.run(["quantiles"], dict(zip(names, inputs, strict=True)))[0])


def check_same(served: NDArray[Any], expected: NDArray[Any]) -> None:
    """Raise `RuntimeError` unless both are finite and agree within `TOLERANCE`."""
    difference = np.abs(served - expected).max()
    if not difference <= TOLERANCE:
        raise RuntimeError(f"the ONNX graph differs from Keras by {difference:.3g}")
