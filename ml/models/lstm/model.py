"""The LSTM: quantiles of the moves up to the horizon, believed and widened as held-out ones ask.

Keras fits it, ONNX Runtime forecasts. For a horizon it forecasts the close of its
last candle, like every model of closes; asked with `nsteps` (the horizon again) it
forecasts every step up to there, at the quantiles that were asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.lstm_limits import WARM_UP, windows_needed
from ml.data import labels
from ml.features.history import History
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.lstm.learnt import NAME, LearntLstm, read_learnt
from ml.models.lstm.options import candles_needed, read_lstm_options
from ml.models.lstm.served_network import Network
from ml.models.lstm.windows import (
    CHANNELS,
    PreparedCandles,
    Windows,
    least_past,
    prepare_candles,
)
from ml.models.naive_forecasts import class_prior, mean_return
from ml.models.protocol import (
    FILE,
    LEVELS,
    MEDIAN,
    NO_OPTIONS,
    Distribution,
    Files,
    Model,
    StepForecast,
)
from ml.scoring.conformal import Width, Widths, follow_widths, interval_pairs, tracking_rate
from ml.scoring.scores import probability_above

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

ONNX_FILE, WEIGHTS_FILE = "model.onnx", "model.weights.h5"


class LstmModel(Model):
    """A `Model`; see the module."""

    name: ClassVar[str] = NAME
    features = len(CHANNELS)

    def __init__(
        self, horizon: int, seed: int = 0, options: Mapping[str, Any] = NO_OPTIONS
    ) -> None:
        self.horizon = horizon
        self.seed = seed
        self.options = read_lstm_options(options, horizon, seed)
        self.every_step = "nsteps" in options
        self.max_candles = self.options.max_candles
        self.epochs = self.options.epochs
        if self.every_step:
            self.step_levels = self.options.quantiles
            self.warm_up = max(self.options.seq_len, WARM_UP)
        self._fitted: tuple[LearntLstm, Network] | None = None

    @property
    def fitted(self) -> tuple[LearntLstm, Network]:
        """Return what was learnt; raises `ValueError` before any fit."""
        if self._fitted is None:
            raise ValueError("the model has not been fitted")
        return self._fitted

    @property
    def learnt(self) -> LearntLstm:
        """Return what was learnt, but for the network."""
        return self.fitted[0]

    def check(self, history: History, rows: Rows) -> None:
        """Raise `InvalidRequest`, saying what is needed, where a walk-forward has too few rows."""
        if not self.every_step:
            return
        options, held = self.options, len(history.times)
        asked = f"seq_len {options.seq_len} with nsteps {options.nsteps}"
        if held < candles_needed(options):
            raise InvalidRequest(
                f"{asked} needs at least {candles_needed(options)} finished candles; "
                f"{held} are held."
            )
        if len(rows) < windows_needed(options.nsteps):
            raise InvalidRequest(
                f"{asked} needs {windows_needed(options.nsteps)} windows without a gap; the "
                f"{held} candles held give {len(rows)}: fill the gaps or add candles."
            )

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from the newest of `rows`; raises `InvalidRequest` where they are too few."""
        # Keras comes in with this import.
        from ml.models.lstm.fitting import fit_network

        candles = prepare_candles(history.frame, history.sessions)
        windows = Windows(candles, self.options.seq_len, self.horizon)
        past = np.flatnonzero(np.isin(windows.origins, rows))[-self.max_candles :]
        if len(past) < least_past(self.horizon):
            raise InvalidRequest(
                f"An LSTM of {self.horizon} candles ahead needs at least "
                f"{least_past(self.horizon)} candles to learn from after warming up; "
                f"{len(past)} are held."
            )
        found = fit_network(history, windows, past, self.options)
        learnt = LearntLstm(
            name=NAME,
            horizon=self.horizon,
            seed=self.seed,
            options=self.options,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[windows.origins[past[-1]]]),
            rows=len(past),
            scaler=found.scaler,
            adjustment=found.adjustment,
            every_step=self.every_step,
            losses=found.report.losses,
            best=found.report.best,
            mean_return=mean_return(history.path.close),
        )
        self._fitted = learnt, found.network
        if not self.every_step:
            self._fitted = self._with_direction(windows, past, found.held_out), found.network

    def _with_direction(self, windows: Windows, past: Rows, held_out: Rows) -> LearntLstm:
        """Return what was learnt with the probability of a rise, and widths that follow."""
        quantiles = self._moves(windows.candles, windows.origins[held_out])[:, -1]
        rose = windows.moves(held_out)[:, -1] > 0
        prior = class_prior(windows.moves(past)[:, -1] > 0)
        direction = CalibratedProbability.of_raw(
            _raw_probability(quantiles), rose, prior, self.horizon
        )
        widths = _widths(quantiles, self.horizon)
        return msgspec.structs.replace(self.learnt, direction=direction, widths=widths)

    def predict(self, history: History, rows: Rows) -> Distribution | StepForecast:
        """Forecast from `rows`, ascending and ready."""
        candles = prepare_candles(history.frame, history.sessions)
        if self.every_step:
            unit = candles.unit(rows, np.arange(1, self.horizon + 1))
            last = candles.close[rows]
            moves = unit[..., None] * self._moves(candles, rows)
            return StepForecast(last, last[:, None, None] * np.exp(moves))
        return self._last_step(history, candles, rows)

    def _last_step(self, history: History, candles: PreparedCandles, rows: Rows) -> Distribution:
        learnt = self.learnt
        every = history.rows_since(learnt.trained_until, rows)
        unit = candles.unit(every, np.array([self.horizon]))[:, 0]
        raw = self._moves(candles, every)[:, -1]
        realised = history.where_known(labels.moves, every, self.horizon) / unit
        end = every + self.horizon
        quantiles = follow_widths(learnt.widths, realised, raw, LEVELS, every, end)
        quantiles[:, MEDIAN] = raw[:, MEDIAN]
        last = history.path.close[every]
        prices = last[:, None] * np.exp(unit[:, None] * np.sort(quantiles, axis=1))
        assert learnt.direction is not None
        prob_up = learnt.direction.predict(raw, _raw_probability(raw))
        return Distribution(last, prices, prob_up).take(np.searchsorted(every, rows))

    def _moves(self, candles: PreparedCandles, origins: Rows) -> Floats:
        """Return quantiles of the moves in volatilities, shape (origins, steps, levels)."""
        learnt, network = self.fitted
        raw = network.quantiles(candles, origins, self.options.seq_len, learnt.scaler)
        return learnt.adjustment.apply(raw)

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON."""
        shown: dict[str, Any] = msgspec.to_builtins(self.learnt)
        if self.every_step:
            return {name: shown[name] for name in ("losses", "best", "rows", "trained_until")}
        for name in ("sessions", "every_step", "losses", "best", "mean_return"):
            del shown[name]
        direction = self.learnt.direction
        return shown | {
            "believed": {
                "median": self.learnt.adjustment.kept[-1],
                "direction": direction.share if direction else 0.0,
            }
        }

    def to_files(self) -> dict[str, bytes]:
        """Return what was learnt as JSON, the graph that forecasts, and Keras's weights."""
        learnt, network = self.fitted
        return {
            FILE: msgspec.json.encode(learnt),
            ONNX_FILE: network.graph,
            WEIGHTS_FILE: network.weights,
        }

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote; Keras is not needed."""
        learnt = read_learnt(files[FILE])
        options = msgspec.structs.asdict(learnt.options)
        if not learnt.every_step:
            del options["nsteps"]
        model = cls(learnt.horizon, learnt.seed, options)
        model._fitted = learnt, Network(files[ONNX_FILE], files.get(WEIGHTS_FILE, b""))
        return model


def _raw_probability(quantiles: Floats) -> Floats:
    return probability_above(np.zeros(len(quantiles)), quantiles, LEVELS)


def _widths(quantiles: Floats, horizon: int, levels: Sequence[float] = LEVELS) -> Widths:
    """Return widths that start at nothing: the adjustment has made the intervals conformal."""
    widths = {}
    for name, (low, high) in interval_pairs(levels).items():
        reach = float((quantiles[:, high] - quantiles[:, low]).mean()) / 2
        widths[name] = Width(float(name), 0.0, tracking_rate(horizon) * reach)
    return widths
