"""The files of a trained model: weights, metadata, and the graph that serves it."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.lstm.network import Architecture
from ml.models.lstm.onnx_graph import make_onnx
from ml.models.lstm.session import open_session, run_session

Floats32 = NDArray[np.float32]

WEIGHTS_FILE = "model.weights.h5"
METADATA_FILE = "model.json"
ONNX_FILE = "model.onnx"
# Farther than this, in volatilities, ONNX Runtime must not be from Keras.
TOLERANCE = 1e-5


def save_model(folder: Path, network: Any, metadata: dict[str, Any], sample: Floats32) -> None:
    """Write the three files into `folder`, the weights from a Keras network.

    Raises `RuntimeError` before anything is written if the graph and Keras
    differ by more than `TOLERANCE` on the windows of `sample`.
    """
    shape = msgspec.convert(metadata["architecture"], Architecture)
    graph = make_onnx(shape, network.get_weights())
    expected = network.predict(sample, verbose=0)
    check_same(run_session(open_session(graph), sample), expected)
    network.save_weights(folder / WEIGHTS_FILE)
    (folder / ONNX_FILE).write_bytes(graph)
    (folder / METADATA_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(metadata)))


def check_same(served: Floats32, expected: Floats32) -> None:
    """Raise `RuntimeError` unless both are finite and agree within `TOLERANCE`."""
    difference = np.abs(served - expected).max()
    if not difference <= TOLERANCE:
        raise RuntimeError(f"the ONNX graph differs from Keras by {difference:.3g}")
