"""Seconds an epoch of our training against a bare Keras `fit` of the same network."""

import os
import time
from collections.abc import Callable

import numpy as np

from bench.measure import interleaved, show, versus
from ml.models.lstm.fitting import BATCH, PREDICT_BATCH, Examples, Fitter
from ml.models.lstm.network import Architecture, build_network, compile_network
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.origin_inputs import ORIGIN_INPUTS
from ml.models.lstm.windows import CHANNELS

WINDOWS, HELD_OUT, EPOCHS = 6_000, 1_000, 6
OPTIONS = LstmOptions(seq_len=60, nsteps=24, seed=1)
GOAL = 1.1


class Silence:
    """Hears of the work and says nothing."""

    def batch(self) -> None:
        """Hear of a batch."""

    def epoch(self, done: int) -> None:
        """Hear of an epoch."""


def run() -> None:
    """Print the medians."""
    shape = Architecture.of(OPTIONS)
    train, held_out = _examples(WINDOWS, 1), _examples(HELD_OUT, 2)
    contenders = {"ours": _ours(shape, train, held_out), "bare": _bare(shape, train, held_out)}
    for contender in contenders.values():
        contender()  # the first call traces the graph
    medians = interleaved(contenders)
    show(
        f"Train an LSTM of {shape.units} units on {WINDOWS:,} windows of {shape.seq_len} candles, "
        f"{shape.nsteps} steps (backend {os.environ.get('KERAS_BACKEND', 'tensorflow')})",
        {
            "ours": f"{medians['ours']:.2f} s an epoch",
            "bare Keras fit": f"{medians['bare']:.2f} s an epoch",
            "ours in terms of bare": versus(medians["ours"] / medians["bare"], GOAL),
        },
    )


def _ours(shape: Architecture, train: Examples, held_out: Examples) -> Callable[[], float]:
    fitter = Fitter(shape, OPTIONS.seed, Silence())

    def fit() -> float:
        begun = time.perf_counter()
        report = fitter.fit(train, held_out, EPOCHS)
        return (time.perf_counter() - begun) / (len(report.losses) - 1)

    return fit


def _bare(shape: Architecture, train: Examples, held_out: Examples) -> Callable[[], float]:
    network = build_network(shape)
    compile_network(network, shape.quantiles)

    def fit() -> float:
        begun = time.perf_counter()
        network.fit(
            train.inputs,
            train.targets,
            validation_data=(held_out.inputs, held_out.targets),
            validation_batch_size=PREDICT_BATCH,
            batch_size=BATCH,
            epochs=EPOCHS,
            verbose=0,
        )
        return (time.perf_counter() - begun) / EPOCHS

    return fit


def _examples(count: int, seed: int) -> Examples:
    """Return noise with a little signal, so that neither side stops early."""
    random = np.random.default_rng(seed)
    windows = random.normal(size=(count, OPTIONS.seq_len, len(CHANNELS))).astype(np.float32)
    origins = random.normal(size=(count, len(ORIGIN_INPUTS))).astype(np.float32)
    steps = windows[:, -1, :1] + random.normal(size=(count, OPTIONS.nsteps))
    return Examples(windows, origins, np.cumsum(steps, axis=1).astype(np.float32))
