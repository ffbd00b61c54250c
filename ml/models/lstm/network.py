"""The network, in Keras 3 for any of its backends.

Keras is imported inside functions: it costs seconds and half a gigabyte, which
only a training pays.
"""

import os
from collections.abc import Sequence
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.models.lstm.options import LstmOptions
from ml.models.lstm.origin_inputs import ORIGIN_INPUTS
from ml.models.lstm.windows import CHANNELS
from ml.models.naive_forecasts import normal_quantiles

Floats = NDArray[np.float64]

LEARNING_RATE = 1e-3
# What the network makes of each step: where its median lies, and how far it spreads each way.
PARTS = ("location", "below", "above")
# The logarithm of a spread is held within so much: 2 is a seventh or seven times the usual one.
MOST_SPREAD = 2.0


class Architecture(msgspec.Struct, frozen=True):
    """All that is needed to build the same network again for its weights."""

    seq_len: int
    channels: int
    units: int
    nsteps: int
    quantiles: tuple[float, ...]
    origin_inputs: int

    @classmethod
    def of(cls, options: LstmOptions) -> Self:
        """Return the network that `options` ask for."""
        return cls(
            seq_len=options.seq_len,
            channels=len(CHANNELS),
            units=options.units,
            nsteps=options.nsteps,
            quantiles=options.quantiles,
            origin_inputs=len(ORIGIN_INPUTS),
        )


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


def sides(levels: Sequence[float]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return which of the quantiles lie below the median, and which above, as 0 and 1."""
    level = np.asarray(levels)
    return (level < 0.5).astype(np.float32), (level > 0.5).astype(np.float32)


def build_network(shape: Architecture) -> Any:
    """Return the untrained network: a window and what else is known at its end in, out quantiles.

    These have shape (nsteps, Q), in units of each step. The newest candle also reaches
    the output past the LSTM. The output layer begins with no weights, so that training
    starts at last price amid the normal distribution's quantiles, or where `start_at` says,
    and can only learn what departs from there.
    """
    keras = load_keras()
    window = keras.Input((shape.seq_len, shape.channels), name="window")
    origin = keras.Input((shape.origin_inputs,), name="origin")
    memory = keras.layers.LSTM(shape.units, name="memory")(window)
    joined = keras.layers.Concatenate()([memory, window[:, -1, :], origin])
    head = keras.layers.Dense(len(PARTS) * shape.nsteps, kernel_initializer="zeros", name="head")(
        joined
    )
    quantiles = _quantiles_layer(keras, shape)(head)
    network = keras.Model([window, origin], quantiles)
    normal = np.tile(normal_quantiles(shape.quantiles), (shape.nsteps, 1))
    network.get_layer("quantiles").start.assign(normal)
    return network


def start_at(network: Any, quantiles: Floats, location: Floats, spread: Floats) -> None:
    """Set what an untrained network departs from.

    These are quantiles (nsteps, Q), and the weights (inputs, nsteps) by which the inputs
    besides the window move and spread them.
    """
    network.get_layer("quantiles").start.assign(quantiles)
    kernel = network.get_layer("head").kernel
    values = np.zeros(kernel.shape)
    values[-len(location) :] = np.concatenate([location, spread, spread], axis=1)
    kernel.assign(values)


def _quantiles_layer(keras: Any, shape: Architecture) -> Any:
    """Return the layer that bends usual quantiles by a location and two spreads a step."""
    below, above = sides(shape.quantiles)

    class Quantiles(keras.layers.Layer):  # type: ignore[misc]
        def build(self, input_shape: Any) -> None:
            size = (shape.nsteps, len(shape.quantiles))
            self.start = self.add_weight(shape=size, initializer="zeros", name="start")
            self.built = True

        def call(self, head: Any) -> Any:
            parts = keras.ops.reshape(head, (-1, len(PARTS), shape.nsteps, 1))
            spread = keras.ops.exp(keras.ops.clip(parts[:, 1:], -MOST_SPREAD, MOST_SPREAD))
            return parts[:, 0] + self.start * (spread[:, 0] * below + spread[:, 1] * above)

    return Quantiles(name="quantiles")


def compile_network(network: Any, levels: Sequence[float]) -> None:
    """Set Adam and the mean pinball loss of all horizons and levels."""
    keras = load_keras()
    level = np.asarray(levels, np.float32)

    def pinball(realised: Any, quantiles: Any) -> Any:
        error = realised[..., None] - quantiles
        return keras.ops.mean(keras.ops.maximum(level * error, (level - 1) * error), axis=(1, 2))

    network.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=pinball)
