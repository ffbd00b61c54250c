"""The network as an ONNX graph, made from its weights.

Keras's own export goes through the backend's tracer (tf2onnx for TensorFlow) and
takes seconds; this takes none, is the same for every backend, and gives a graph
of eight nodes that anybody can check.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ml.models.lstm.network import Architecture

Floats32 = NDArray[np.float32]

OPSET = 18
IR_VERSION = 9  # what goes with that opset; newer ones need a newer runtime for nothing
# Keras orders the gates input, forget, cell, output; ONNX input, output, forget, cell.
_GATES = (0, 3, 1, 2)


def make_onnx(shape: Architecture, weights: Sequence[Floats32]) -> bytes:
    """Return the graph `window` (n, seq_len, channels) -> `quantiles` (n, nsteps, Q).

    `weights` are the network's in Keras's order: the LSTM's kernel, recurrent
    kernel and bias, then the output layer's kernel and bias.
    """
    graph = helper.make_graph(
        _nodes(shape),
        "lstm",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, [None, *_window(shape)])],
        [helper.make_tensor_value_info("quantiles", TensorProto.FLOAT, [None, *_output(shape)])],
        [numpy_helper.from_array(value, name) for name, value in _tensors(shape, weights).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _window(shape: Architecture) -> list[int]:
    return [shape.seq_len, shape.channels]


def _output(shape: Architecture) -> list[int]:
    return [shape.nsteps, len(shape.quantiles)]


def _nodes(shape: Architecture) -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("Transpose", ["window"], ["steps"], perm=[1, 0, 2]),
        node(
            "LSTM",
            ["steps", "kernel", "recurrent", "bias"],
            ["", "state"],
            hidden_size=shape.units,
        ),
        node("Squeeze", ["state", "direction"], ["memory"]),
        node("Gather", ["window", "newest"], ["candle"], axis=1),
        node("Concat", ["memory", "candle"], ["joined"], axis=1),
        node("Gemm", ["joined", "head_kernel", "head_bias"], ["flat"]),
        node("Reshape", ["flat", "output_shape"], ["quantiles"]),
    ]


def _tensors(shape: Architecture, weights: Sequence[Floats32]) -> dict[str, NDArray[np.generic]]:
    kernel, recurrent, bias, head_kernel, head_bias = weights
    joint_bias = _gates(bias[None, :])
    return {
        "kernel": _gates(kernel)[None],
        "recurrent": _gates(recurrent)[None],
        # ONNX has a second bias for the recurrent half, which Keras adds to the first.
        "bias": np.concatenate([joint_bias, np.zeros_like(joint_bias)]).reshape(1, -1),
        "head_kernel": head_kernel,
        "head_bias": head_bias,
        "direction": np.array([0], np.int64),
        "newest": np.array(-1, np.int64),
        "output_shape": np.array([-1, *_output(shape)], np.int64),
    }


def _gates(value: Floats32) -> Floats32:
    """Reorder (inputs, 4 units) to ONNX's (4 units, inputs)."""
    parts = np.split(value, 4, axis=1)
    return np.ascontiguousarray(np.concatenate([parts[i] for i in _GATES], axis=1).T)
