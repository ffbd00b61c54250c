"""The LSTM: quantiles of the moves up to the horizon, believed and widened as held-out ones ask.

Keras fits it, ONNX Runtime forecasts. For a horizon it forecasts the close of its
last candle, like every model of closes; asked with `nsteps` (the horizon again) it
forecasts every step up to there, at the quantiles that were asked for.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.lstm_limits import WARM_UP, windows_needed
from ml.data import labels
from ml.features.history import History
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.boosting.fitted import Window, going_on
from ml.models.lstm.learnt import NAME, LearntLstm, read_learnt
from ml.models.lstm.options import candles_needed, read_lstm_options
from ml.models.lstm.origin_inputs import ORIGIN_INPUTS
from ml.models.lstm.served_network import BATCH, Inputs, Network
from ml.models.lstm.step_widths import StepWidths
from ml.models.lstm.units import MoveUnits
from ml.models.lstm.windows import CHANNELS, least_past, realised_moves
from ml.models.naive_forecasts import class_prior, mean_return
from ml.models.protocol import (
    FILE,
    LEVELS,
    MEDIAN,
    NO_OPTIONS,
    Distribution,
    Files,
    Followed,
    Model,
    StepForecast,
)
from ml.scoring.conformal import carry_widths, start_widths
from ml.scoring.scores import probability_above

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

ONNX_FILE, WEIGHTS_FILE = "model.onnx", "model.weights.h5"


class LstmModel(Model):
    """A `Model`; see the module."""

    name: ClassVar[str] = NAME
    features = len(CHANNELS) + len(ORIGIN_INPUTS)

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
        self._newest: tuple[History, StepForecast] | None = None

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

        past = rows[-self.max_candles :]
        if len(past) < least_past(self.horizon):
            raise InvalidRequest(
                f"An LSTM of {self.horizon} candles ahead needs at least "
                f"{least_past(self.horizon)} candles to learn from after warming up; "
                f"{len(past)} are held."
            )
        found = fit_network(history, past, self.options)
        learnt = LearntLstm(
            name=NAME,
            horizon=self.horizon,
            seed=self.seed,
            options=self.options,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[past[-1]]),
            rows=len(past),
            scaler=found.inputs.scaler,
            adjustment=found.adjustment,
            units=found.units,
            origin=found.inputs.origin,
            every_step=self.every_step,
            losses=found.report.losses,
            best=found.report.best,
            mean_return=mean_return(history.path.close),
        )
        self._fitted = learnt, found.network
        self._fitted = self._with_followers(history, past, found.held_out), found.network

    def _with_followers(self, history: History, past: Rows, held_out: Rows) -> LearntLstm:
        """Return what was learnt with widths that follow, and the probability of a rise."""
        quantiles = self._moves(history, held_out)
        if self.every_step:
            widths = StepWidths.learn(quantiles, self.options.quantiles)
            return msgspec.structs.replace(self.learnt, step_widths=widths)
        rose = labels.moves(history.path, held_out, self.horizon) > 0
        prior = class_prior(labels.moves(history.path, past, self.horizon) > 0)
        direction = CalibratedProbability.of_raw(
            _raw_probability(quantiles[:, -1]), rose, prior, self.horizon
        )
        return msgspec.structs.replace(
            self.learnt,
            direction=direction,
            widths=start_widths(quantiles[:, -1], LEVELS, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> Distribution | StepForecast:
        """Forecast from `rows`, ascending and ready."""
        return self.predict_from(history, rows, None)[0]

    def predict_from(
        self, history: History, rows: Rows, followed: Followed | None
    ) -> tuple[Distribution | StepForecast, Followed | None]:
        """Forecast from `rows`, going on from what was `followed`; see `Model`."""
        if self.every_step:
            return self._steps(history, rows), None
        return self._last_step(history, rows, followed)

    def newest(self, history: History) -> tuple[History, StepForecast]:
        """Forecast every step from the newest candle; return the history that it is made from.

        That is the one asked about last, with all that was computed of it, as long as its
        candles are the same: most questions come between two closes. Give each the same sessions.
        """
        known = self._newest
        if known is None or not known[0].frame.equals(history.frame):
            known = history, self._steps(history, np.array([len(history.times) - 1]))
            self._newest = known
        return known

    def _steps(self, history: History, rows: Rows) -> StepForecast:
        followed, every = self.learnt.step_widths, rows
        if followed:
            every = history.rows_since(self.learnt.trained_until, rows)
        wanted, units = np.searchsorted(every, rows), self._units(history, every)
        chosen = np.asarray(followed.steps if followed else [], np.intp) - 1
        moves, seen = self._moves_and_seen(history, every, rows, chosen)
        if followed:
            realised = realised_moves(history, every, self.horizon)[:, chosen] / units[:, chosen]
            levels = self.options.quantiles
            added = followed.follow(realised, seen, levels, every, wanted, self.horizon)
            moves = np.sort(moves + added, axis=-1)
        last = history.path.close[rows]
        return StepForecast(last, last[:, None, None] * np.exp(units[wanted, :, None] * moves))

    def _moves_and_seen(
        self, history: History, every: Rows, rows: Rows, steps: Rows
    ) -> tuple[Floats, Floats]:
        """Return `_moves` of `rows`, and those of some steps of `every` row, in one pass."""
        moves, seen = [], []
        for chunk in _chunks(every):
            found = self._moves(history, chunk)
            moves.append(found[np.isin(chunk, rows)])
            seen.append(found[:, steps])
        return np.concatenate(moves), np.concatenate(seen)

    def _last_step(
        self, history: History, rows: Rows, followed: Followed | None
    ) -> tuple[Distribution, Followed | None]:
        learnt = self.learnt
        since, places = going_on(learnt.trained_until, followed)
        every = history.rows_since(since, rows)
        window = Window(history, every, rows, self.horizon, since, places)
        unit = self._units(history, every)[:, -1]
        raw = self._moves(history, every)[:, -1]
        realised = window.outcomes(labels.moves) / unit
        # Closures are in the unit: intervals across them need no width of their own.
        quantiles, now = carry_widths(
            learnt.widths, realised, raw, LEVELS, every, window.end, None, places
        )
        quantiles[:, MEDIAN] = raw[:, MEDIAN]
        last = history.path.close[every]
        prices = last[:, None] * np.exp(unit[:, None] * np.sort(quantiles, axis=1))
        assert learnt.direction is not None
        prob_up = learnt.direction.predict(raw, _raw_probability(raw))
        found = Distribution(last, prices, prob_up).take(window.asked)
        return found, window.followed(now)

    @property
    def inputs(self) -> Inputs:
        """Return how rows become what the network sees."""
        learnt = self.learnt
        floor = learnt.units.floor if learnt.units else 0.0
        return Inputs(self.options.seq_len, self.horizon, learnt.scaler, learnt.origin, floor)

    def _units(self, history: History, rows: Rows) -> Floats:
        """Return the unit of each step's log-return, shape (rows, steps)."""
        learnt = self.learnt
        units = learnt.units or MoveUnits.plain(self.horizon)
        sessions = learnt.origin.sessions if learnt.origin else history.sessions
        return units.of(history, rows, sessions)

    def _moves(self, history: History, rows: Rows) -> Floats:
        """Return quantiles of the moves of all steps in their units, (rows, steps, levels)."""
        learnt, network = self.fitted
        parts = [
            learnt.adjustment.apply(network.quantiles(history, chunk, self.inputs))
            for chunk in _chunks(rows)
        ]
        return np.concatenate(parts)

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON."""
        shown: dict[str, Any] = msgspec.to_builtins(self.learnt)
        if self.every_step:
            return {name: shown[name] for name in ("losses", "best", "rows", "trained_until")}
        for name in ("sessions", "every_step", "losses", "best", "mean_return", "step_widths"):
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


def _chunks(rows: Rows) -> list[Rows]:
    return np.split(rows, range(BATCH, len(rows), BATCH))


def _raw_probability(quantiles: Floats) -> Floats:
    return probability_above(np.zeros(len(quantiles)), quantiles, LEVELS)
