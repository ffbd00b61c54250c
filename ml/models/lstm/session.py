"""ONNX Runtime, set up for small networks beside other work."""

from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]


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
