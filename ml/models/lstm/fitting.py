"""Fit one network by Keras, again and again, to the parts of a walk-forward."""

import math
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.features.history import History
from ml.models.boosting.one_standard_error import cautious_shares
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.network import (
    Architecture,
    build_network,
    compile_network,
    load_keras,
    start_at,
)
from ml.models.lstm.onnx_graph import make_onnx
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.origin_inputs import OriginInputs
from ml.models.lstm.served_network import Inputs, Network, check_same
from ml.models.lstm.starting_point import StartingPoint, move_sizes, usual_quantiles
from ml.models.lstm.units import MoveUnits
from ml.models.lstm.windows import (
    LevelScaler,
    realised_moves,
    split_past,
)

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Rows = NDArray[np.intp]

# Windows a step of the optimizer, at most; fewer where an epoch had less than 32 steps else.
BATCH, LEAST_BATCH, STEPS = 256, 32, 32
PREDICT_BATCH = 2_048
# Epochs without a lower validation loss before training stops.
PATIENCE = 2
# Keras seeds its random numbers for the whole process.
_one_at_a_time = threading.Lock()


class Examples(msgspec.Struct, frozen=True):
    """Windows (n, seq_len, channels), what else was known, and the moves (n, H) that followed."""

    windows: Floats32
    origins: Floats32
    targets: Floats32

    @property
    def inputs(self) -> list[Floats32]:
        """Return both inputs in the network's order."""
        return [self.windows, self.origins]


class FitReport(msgspec.Struct, frozen=True):
    """How a fit went: `losses` on the validation part, before and after each epoch.

    The weights kept are those after epoch `best`; 0 are the ones it began with.
    """

    losses: list[float]
    best: int


def batch_size(count: int) -> int:
    """Return how many of `count` windows make one step."""
    return min(BATCH, max(LEAST_BATCH, count // STEPS))


class Listener(Protocol):
    """Hears of the work; either call may raise to stop it."""

    def batch(self) -> None:
        """Hear that one batch is over."""

    def epoch(self, done: int) -> None:
        """Hear that `done` epochs of this fit are over."""


class Fitter:
    """Owns the network; each `fit` begins with the same weights and random numbers.

    Compiling once for all fits spares the seconds that tracing takes. Seeding
    is global in Keras (also Python's and numpy's generators): use it in a
    process of its own.
    """

    def __init__(self, shape: Architecture, seed: int, listener: Listener) -> None:
        self._keras = load_keras()
        self._seed = seed
        self.listener = listener
        listener.batch()
        # What earlier trainings of this process left behind would only hold memory.
        self._keras.utils.clear_session()
        self._keras.utils.set_random_seed(seed)
        self.network = build_network(shape)
        compile_network(self.network, shape.quantiles)
        listener.batch()
        optimizer = self.network.optimizer
        optimizer.build(self.network.trainable_variables)
        self._variables = [*self.network.variables, *optimizer.variables]
        self._start = [np.array(self._keras.ops.convert_to_numpy(v)) for v in self._variables]

    def fit(
        self,
        train: Examples,
        validation: Examples,
        epochs: int,
        start: StartingPoint | None = None,
    ) -> FitReport:
        """Train from `start` until the validation loss stops falling; keep the best weights."""
        self.listener.batch()
        self._keras.utils.set_random_seed(self._seed)
        for variable, value in zip(self._variables, self._start, strict=True):
            variable.assign(value)
        if start is not None:
            start_at(self.network, *start)
        watch = _early_stop(self._keras, self._loss(validation), self.listener)
        self.network.fit(
            train.inputs,
            train.targets,
            validation_data=(validation.inputs, validation.targets),
            validation_batch_size=PREDICT_BATCH,
            batch_size=batch_size(len(train.targets)),
            epochs=epochs,
            verbose=0,
            callbacks=[watch, self._batches()],
        )
        self.network.set_weights(watch.weights)
        return FitReport(watch.losses, int(np.argmin(watch.losses)))

    def predict(self, inputs: Sequence[Floats32]) -> Floats:
        """Return quantiles of moves, shape (n, H, Q), ascending."""
        raw = self.network.predict(
            list(inputs), batch_size=PREDICT_BATCH, verbose=0, callbacks=[self._batches()]
        )
        return np.sort(raw.astype(np.float64), axis=-1)

    def _loss(self, part: Examples) -> float:
        return float(
            self.network.evaluate(
                part.inputs,
                part.targets,
                batch_size=PREDICT_BATCH,
                verbose=0,
                callbacks=[self._batches()],
            )
        )

    def _batches(self) -> Any:
        return _batches(self._keras, self.listener)


def _batches(keras: Any, listener: Listener) -> Any:
    """Return a callback that tells the listener of every batch."""

    class Batches(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            listener.batch()

        on_test_batch_end = on_train_batch_end
        on_predict_batch_end = on_train_batch_end

    return Batches()


def _early_stop(keras: Any, begun: float, listener: Listener) -> Any:
    """Return a callback that keeps the best weights, those before training included.

    Keras's own EarlyStopping never goes back to the weights that training began
    with, which on prices are often the best. A loss that is no number is none.
    """

    class EarlyStop(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            self.losses = [begun]
            self.weights = self.model.get_weights()

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            loss = float(logs["val_loss"])
            self.losses.append(loss if math.isfinite(loss) else math.inf)
            best = int(np.argmin(self.losses))
            if best == epoch + 1:
                self.weights = self.model.get_weights()
            self.model.stop_training = epoch + 1 - best >= PATIENCE
            listener.epoch(epoch + 1)

    return EarlyStop()


# The newest network that was compiled.
_shared: dict[tuple[Architecture, int], Fitter] = {}


class FittedNetwork(NamedTuple):
    """A network with what goes with it; `held_out` are the rows that chose the adjustment."""

    network: Network
    inputs: Inputs
    units: MoveUnits
    adjustment: Adjustment
    report: FitReport
    held_out: Rows


def fit_network(history: History, past: Rows, options: LstmOptions) -> FittedNetwork:
    """Fit to the rows `past`; every scale comes from their training part.

    Raises `JobStopped` when the history says so, and `RuntimeError` if ONNX
    Runtime would forecast otherwise than Keras does.
    """
    nsteps, levels = options.nsteps, options.quantiles
    shape = Architecture.of(options)
    parts = split_past(past, nsteps)
    origin = OriginInputs.fit(history, parts.train, nsteps)
    sessions = origin.sessions
    units = MoveUnits.fit(history, parts.train, nsteps, sessions)
    closes = history.path.close[: parts.train[-1] + 1]
    scaler = LevelScaler.fit(closes, options.normalization)
    inputs = Inputs(options.seq_len, nsteps, scaler, origin, units.floor)

    def unit(rows: Rows) -> Floats:
        return units.of(history, rows, sessions)

    def moves(rows: Rows) -> Floats:
        return np.asarray(realised_moves(history, rows, nsteps) / unit(rows))

    def examples(rows: Rows, came: Floats) -> Examples:
        windows, origins = inputs.of(history, rows)
        return Examples(windows, origins, came.astype(np.float32))

    learnt, validation = moves(parts.train), moves(parts.validation)
    train = examples(parts.train, learnt)
    sizes = move_sizes(history, parts.train, nsteps) / unit(parts.train)
    start = StartingPoint.fit(train.origins.astype(np.float64), sizes, learnt, levels)
    with _one_at_a_time:
        history.go_on()
        fitter = _fitter(shape, options.seed, _HistoryListener(history))
        held = examples(parts.validation, validation)
        report = fitter.fit(train, held, options.epochs, start)
        validated = fitter.predict(held.inputs)
        calibration = fitter.predict(inputs.of(history, parts.calibration))
        weights = fitter.network.get_weights()
        network = Network(make_onnx(shape, weights), _weights_file(fitter.network))
    check_same(network.quantiles(history, parts.calibration, inputs), calibration)
    kept = cautious_shares(validation, validated[..., len(levels) // 2], nsteps)
    adjustment = Adjustment.start(usual_quantiles(learnt, levels), kept)
    adjustment = adjustment.blend(validation, validated, unit(parts.validation), levels)
    adjustment = adjustment.widen(moves(parts.calibration), calibration, levels)
    return FittedNetwork(network, inputs, units, adjustment, report, parts.calibration)


def _fitter(shape: Architecture, seed: int, listener: Listener) -> Fitter:
    """Return a compiled network; the folds of a walk-forward share it."""
    if (shape, seed) not in _shared:
        _shared.clear()
        _shared[shape, seed] = Fitter(shape, seed, listener)
    fitter = _shared[shape, seed]
    fitter.listener = listener
    return fitter


class _HistoryListener:
    """Tells of epochs, and ends a fit between two batches when the history says so."""

    def __init__(self, history: History) -> None:
        self._history = history

    def batch(self) -> None:
        self._history.go_on()

    def epoch(self, done: int) -> None:
        self._history.tell_epoch(done)


def _weights_file(keras_network: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        keras_network.save_weights(path)
        return path.read_bytes()
