"""The ONNX graph computes the LSTM's equations, written out here in numpy."""

import numpy as np
import pytest

from ml.models.lstm.network import Architecture
from ml.models.lstm.onnx_graph import make_onnx
from ml.models.lstm.served_network import check_same, open_session, run_session


def sigmoid(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


def forward(window: np.ndarray, weights: list[np.ndarray], shape: Architecture) -> np.ndarray:
    """Hochreiter and Schmidhuber's cell with Keras's order of gates, step by step."""
    kernel, recurrent, bias, head_kernel, head_bias = weights
    hidden = cell = np.zeros((len(window), shape.units))
    for step in range(shape.seq_len):
        gates = window[:, step] @ kernel + hidden @ recurrent + bias
        enter, forget, candidate, leave = np.split(gates, 4, axis=1)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(candidate)
        hidden = sigmoid(leave) * np.tanh(cell)
    joined = np.concatenate([hidden, window[:, -1]], axis=1)
    flat = joined @ head_kernel + head_bias
    return flat.reshape(-1, shape.nsteps, len(shape.quantiles))


@pytest.mark.parametrize(("seq_len", "units", "nsteps"), [(8, 4, 1), (30, 16, 6)])
def test_the_graph_equals_the_equations(seq_len: int, units: int, nsteps: int) -> None:
    shape = Architecture(seq_len, 4, units, nsteps, (0.1, 0.5, 0.9))
    generator = np.random.default_rng(0)
    sizes = [
        (4, 4 * units),
        (units, 4 * units),
        (4 * units,),
        (units + 4, 3 * nsteps),
        (3 * nsteps,),
    ]
    weights = [generator.normal(size=size).astype(np.float32) * 0.5 for size in sizes]
    window = generator.normal(size=(5, seq_len, 4)).astype(np.float32)

    served = run_session(open_session(make_onnx(shape, weights)), window)

    assert served.shape == (5, nsteps, 3)
    assert served == pytest.approx(forward(window, weights, shape), abs=1e-5)


def test_the_same_weights_make_the_same_bytes() -> None:
    shape = Architecture(8, 4, 4, 1, (0.1, 0.5, 0.9))
    weights = [np.ones(size, np.float32) for size in [(4, 16), (4, 16), (16,), (8, 3), (3,)]]

    assert make_onnx(shape, weights) == make_onnx(shape, weights)


@pytest.mark.parametrize("wrong", [2e-5, np.nan, np.inf])
def test_a_graph_that_forecasts_otherwise_is_refused(wrong: float) -> None:
    expected = np.zeros((2, 1, 3), np.float32)
    served = expected.copy()
    served[1, 0, 2] = wrong

    with pytest.raises(RuntimeError, match="differs from Keras"):
        check_same(served, expected)

    check_same(expected + np.float32(5e-6), expected)
