"""The network as an ONNX graph, made from its weights.

Keras's own export goes through the backend's tracer (tf2onnx for TensorFlow) and
takes seconds; this takes none, is the same for every backend, and gives a graph
of some fifteen nodes that anybody can check.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ml.models.lstm.network import MOST_SPREAD, PARTS, Architecture, sides

Floats32 = NDArray[np.float32]

OPSET = 18
IR_VERSION = 9  # what goes with that opset; newer ones need a newer runtime for nothing
# Keras orders the gates input, forget, cell, output; ONNX input, output, forget, cell.
_GATES = (0, 3, 1, 2)


def make_onnx(shape: Architecture, weights: Sequence[Floats32]) -> bytes:
    """Return the graph `window` (n, seq_len, channels), `origin` (n, k) -> `quantiles`.

    These have shape (n, nsteps, Q). `weights` are the network's in Keras's order: the
    LSTM's kernel, recurrent kernel and bias, the output layer's kernel and bias, and the
    quantiles that it bends.
    """
    given = {"window": [shape.seq_len, shape.channels], "origin": [shape.origin_inputs]}
    result = {"quantiles": [shape.nsteps, len(shape.quantiles)]}
    graph = helper.make_graph(
        _nodes(shape),
        "lstm",
        _described(given),
        _described(result),
        [numpy_helper.from_array(value, name) for name, value in _tensors(shape, weights).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _described(sizes: dict[str, list[int]]) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, *size])
        for name, size in sizes.items()
    ]


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
        node("Concat", ["memory", "candle", "origin"], ["joined"], axis=1),
        node("Gemm", ["joined", "head_kernel", "head_bias"], ["flat"]),
        node("Reshape", ["flat", "parts_shape"], ["parts"]),
        *(node("Gather", ["parts", f"{part}_place"], [part], axis=1) for part in PARTS),
        *(step for part in PARTS[1:] for step in _side(part)),
        node("Add", ["location", "moved_below"], ["lower_half"]),
        node("Add", ["lower_half", "moved_above"], ["quantiles"]),
    ]


def _side(part: str) -> list[onnx.NodeProto]:
    """Return the nodes that spread the quantiles of one side of the median."""
    node = helper.make_node
    return [
        node("Clip", [part, "least_spread", "most_spread"], [f"held_{part}"]),
        node("Exp", [f"held_{part}"], [f"spread_{part}"]),
        node("Mul", [f"spread_{part}", f"start_{part}"], [f"moved_{part}"]),
    ]


def _tensors(shape: Architecture, weights: Sequence[Floats32]) -> dict[str, NDArray[np.generic]]:
    kernel, recurrent, bias, head_kernel, head_bias, start = weights
    joint_bias = _gates(bias[None, :])
    below, above = sides(shape.quantiles)
    return {
        "kernel": _gates(kernel)[None],
        "recurrent": _gates(recurrent)[None],
        # ONNX has a second bias for the recurrent half, which Keras adds to the first.
        "bias": np.concatenate([joint_bias, np.zeros_like(joint_bias)]).reshape(1, -1),
        "head_kernel": head_kernel,
        "head_bias": head_bias,
        "start_below": start * below,
        "start_above": start * above,
        "least_spread": np.array(-MOST_SPREAD, np.float32),
        "most_spread": np.array(MOST_SPREAD, np.float32),
        "direction": np.array([0], np.int64),
        "newest": np.array(-1, np.int64),
        "parts_shape": np.array([-1, len(PARTS), shape.nsteps, 1], np.int64),
        **{f"{part}_place": np.array(place, np.int64) for place, part in enumerate(PARTS)},
    }


def _gates(value: Floats32) -> Floats32:
    """Reorder (inputs, 4 units) to ONNX's (4 units, inputs)."""
    parts = np.split(value, 4, axis=1)
    return np.ascontiguousarray(np.concatenate([parts[i] for i in _GATES], axis=1).T)
