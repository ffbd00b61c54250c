"""The ONNX graph computes the LSTM's equations, written out here in numpy."""

import numpy as np
import pytest

from ml.models.lstm.network import Architecture
from ml.models.lstm.onnx_graph import make_onnx
from ml.models.lstm.served_network import check_same, open_session, run_session


def sigmoid(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


def forward(
    window: np.ndarray, origin: np.ndarray, weights: list[np.ndarray], shape: Architecture
) -> np.ndarray:
    """Hochreiter and Schmidhuber's cell with Keras's order of gates, step by step."""
    kernel, recurrent, bias, head_kernel, head_bias, start = weights
    hidden = cell = np.zeros((len(window), shape.units))
    for step in range(shape.seq_len):
        gates = window[:, step] @ kernel + hidden @ recurrent + bias
        enter, forget, candidate, leave = np.split(gates, 4, axis=1)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(candidate)
        hidden = sigmoid(leave) * np.tanh(cell)
    joined = np.concatenate([hidden, window[:, -1], origin], axis=1)
    flat = joined @ head_kernel + head_bias
    location, below, above = np.split(flat[:, :, None], 3, axis=1)
    quantiles = []
    for place, level in enumerate(shape.quantiles):
        side = below if level < 0.5 else above
        spread = 0.0 if level == 0.5 else np.exp(np.clip(side, -2, 2))
        quantiles.append(location + spread * start[:, place, None])
    return np.concatenate(quantiles, axis=2)


@pytest.mark.parametrize(("seq_len", "units", "nsteps"), [(8, 4, 1), (30, 16, 6)])
def test_the_graph_equals_the_equations(seq_len: int, units: int, nsteps: int) -> None:
    shape = Architecture(seq_len, 4, units, nsteps, (0.1, 0.5, 0.9), 7)
    generator = np.random.default_rng(0)
    sizes = [
        (4, 4 * units),
        (units, 4 * units),
        (4 * units,),
        (units + 4 + 7, 3 * nsteps),
        (3 * nsteps,),
        (nsteps, 3),
    ]
    weights = [generator.normal(size=size).astype(np.float32) * 0.5 for size in sizes]
    window = generator.normal(size=(5, seq_len, 4)).astype(np.float32)
    origin = generator.normal(size=(5, 7)).astype(np.float32)

    served = run_session(open_session(make_onnx(shape, weights)), window, origin)

    assert served.shape == (5, nsteps, 3)
    assert served == pytest.approx(forward(window, origin, weights, shape), abs=1e-5)


def test_the_same_weights_make_the_same_bytes() -> None:
    shape = Architecture(8, 4, 4, 1, (0.1, 0.5, 0.9), 2)
    sizes = [(4, 16), (4, 16), (16,), (10, 3), (3,), (1, 3)]
    weights = [np.ones(size, np.float32) for size in sizes]

    assert make_onnx(shape, weights) == make_onnx(shape, weights)


@pytest.mark.parametrize("wrong", [2e-5, np.nan, np.inf])
def test_a_graph_that_forecasts_otherwise_is_refused(wrong: float) -> None:
    expected = np.zeros((2, 1, 3), np.float32)
    served = expected.copy()
    served[1, 0, 2] = wrong

    with pytest.raises(RuntimeError, match="differs from Keras"):
        check_same(served, expected)

    check_same(expected + np.float32(5e-6), expected)
