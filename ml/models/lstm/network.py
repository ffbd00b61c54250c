"""The network, in Keras 3 for any of its backends.

Keras is imported inside functions: it costs seconds and half a gigabyte, which
only a training pays.
"""

import os
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from ml.models.naive_forecasts import normal_quantiles

LEARNING_RATE = 2e-3


class Architecture(msgspec.Struct, frozen=True):
    """All that is needed to build the same network again for its weights."""

    seq_len: int
    channels: int
    units: int
    nsteps: int
    quantiles: tuple[float, ...]


def load_keras() -> Any:
    """Import Keras, told to be quiet and to keep to one thread an operation.

    Matrices this small gain nothing from sharing an operation between threads:
    on two cores one thread took 0.45 s an epoch where two took 0.6 s of time
    and 1.0 s of processor. It also makes sums come in one order, hence the same
    bits. What the environment already says stands.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")
    import keras  # type: ignore[import-untyped]

    return keras


def build_network(shape: Architecture) -> Any:
    """Return the untrained network: windows in, quantiles of shape (nsteps, Q) out.

    The newest candle also reaches the output past the LSTM. The output layer
    begins with no weights and the normal distribution's quantiles, so that
    training starts at last price with EWMA intervals and can only learn what
    departs from them.
    """
    keras = load_keras()
    levels = normal_quantiles(shape.quantiles)
    window = keras.Input((shape.seq_len, shape.channels), name="window")
    memory = keras.layers.LSTM(shape.units, name="memory")(window)
    joined = keras.layers.Concatenate()([memory, window[:, -1, :]])
    flat = keras.layers.Dense(shape.nsteps * len(levels), kernel_initializer="zeros", name="head")
    network = keras.Model(window, keras.layers.Reshape((shape.nsteps, len(levels)))(flat(joined)))
    flat.bias.assign(np.tile(levels, shape.nsteps))
    return network


def compile_network(network: Any, levels: Sequence[float]) -> None:
    """Set Adam and the mean pinball loss of all horizons and levels."""
    keras = load_keras()
    level = np.asarray(levels, np.float32)

    def pinball(realised: Any, quantiles: Any) -> Any:
        error = realised[..., None] - quantiles
        return keras.ops.mean(keras.ops.maximum(level * error, (level - 1) * error), axis=(1, 2))

    network.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=pinball)
