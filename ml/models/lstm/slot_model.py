"""The LSTM as a model of a slot: Keras to fit, ONNX Runtime to forecast."""

from collections.abc import Mapping
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.lstm_limits import windows_needed
from ml.data import labels
from ml.features.history import History
from ml.features.model_inputs import WARM_UP
from ml.models.baselines import class_prior
from ml.models.boosting.classifiers import CalibratedProbability
from ml.models.lstm.adjustment import Adjustment
from ml.models.lstm.options import LstmOptions
from ml.models.lstm.slot_network import FittedNetwork, Network, fit_network
from ml.models.lstm.windows import LevelScaler, PreparedCandles, Windows, prepare_candles
from ml.models.protocol import LEVELS, MEDIAN, Distribution, Files
from ml.scoring.conformal import Width, Widths, follow_widths, interval_pairs, tracking_rate
from ml.scoring.scores import probability_above

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

NAME = "lstm"
JSON_FILE, ONNX_FILE, WEIGHTS_FILE = "model.json", "model.onnx", "model.weights.h5"
# Every candle that is ready has so many returns behind it.
SEQ_LEN = 48


class LearntLstm(msgspec.Struct, frozen=True):
    """All that a fitted model consists of, but for the network."""

    name: str
    horizon: int
    seed: int
    options: LstmOptions
    sessions: dict[str, Any]
    trained_until: int
    rows: int
    scaler: LevelScaler | None
    adjustment: Adjustment
    direction: CalibratedProbability
    widths: Widths


class LstmModel:
    """A `Model`; it learns all steps up to its horizon, and forecasts the last."""

    name = NAME

    def __init__(self, horizon: int, seed: int, options: Mapping[str, Any]) -> None:
        self.horizon = horizon
        self._seed = seed
        self._options = slot_options(options, horizon, seed)
        self._fitted: tuple[LearntLstm, Network] | None = None

    @property
    def fitted(self) -> tuple[LearntLstm, Network]:
        """Return what was learnt; raises `ValueError` before any fit."""
        if self._fitted is None:
            raise ValueError("the model has not been fitted")
        return self._fitted

    def fit(self, history: History, rows: Rows) -> None:
        """Learn from the newest of `rows`; raises `InvalidRequest` where they are too few."""
        candles = prepare_candles(history.frame, history.sessions)
        windows = Windows(candles, self._options.seq_len, self.horizon)
        past = np.flatnonzero(np.isin(windows.origins, rows))[-self._options.max_candles :]
        if len(past) < windows_needed(self.horizon):
            raise InvalidRequest(
                f"An LSTM of {self.horizon} candles ahead needs at least "
                f"{windows_needed(self.horizon)} candles to learn from after warming up; "
                f"{len(past)} are held."
            )
        found = fit_network(history, windows, past, self._options)
        learnt = self._describe_fit(history, windows, past, found)
        self._fitted = learnt, found.network

    def _describe_fit(
        self, history: History, windows: Windows, past: Rows, found: FittedNetwork
    ) -> LearntLstm:
        quantiles = self._quantiles(windows.candles, windows.origins[found.held], found)
        rose = windows.moves(found.held)[:, -1] > 0
        prior = class_prior(windows.moves(past)[:, -1] > 0)
        return LearntLstm(
            name=NAME,
            horizon=self.horizon,
            seed=self._seed,
            options=self._options,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[windows.origins[past[-1]]]),
            rows=len(past),
            scaler=found.scaler,
            adjustment=found.adjustment,
            direction=CalibratedProbability.of_raw(
                _raw_chance(quantiles), rose, prior, self.horizon
            ),
            widths=_widths(quantiles, self.horizon),
        )

    def predict(self, history: History, rows: Rows) -> Distribution:
        """Forecast from `rows`, ascending and ready."""
        learnt, network = self.fitted
        every = history.rows_since(learnt.trained_until, rows)
        candles = prepare_candles(history.frame, history.sessions)
        unit = candles.unit(every, np.array([self.horizon]))[:, 0]
        found = FittedNetwork(network, learnt.scaler, learnt.adjustment, every[:0])
        raw = self._quantiles(candles, every, found)
        came = history.where_known(labels.moves, every, self.horizon) / unit
        end = every + self.horizon
        quantiles = follow_widths(learnt.widths, came, raw, LEVELS, every, end)
        quantiles[:, MEDIAN] = raw[:, MEDIAN]
        last = history.path.close[every]
        prices = last[:, None] * np.exp(unit[:, None] * np.sort(quantiles, axis=1))
        chance = learnt.direction.predict(raw, _raw_chance(raw))
        return Distribution(last, prices, chance).take(np.searchsorted(every, rows))

    def _quantiles(self, candles: PreparedCandles, origins: Rows, found: FittedNetwork) -> Floats:
        """Return quantiles of the last step's move in volatilities, shape (origins, levels)."""
        raw = found.network.quantiles(candles, origins, self._options.seq_len, found.scaler)
        return found.adjustment.apply(raw)[:, -1]

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON."""
        learnt = self.fitted[0]
        shown: dict[str, Any] = msgspec.to_builtins(learnt)
        del shown["sessions"]
        return shown | {
            "believed": {
                "median": learnt.adjustment.kept[-1],
                "direction": learnt.direction.share,
            }
        }

    def to_files(self) -> dict[str, bytes]:
        """Return what was learnt as JSON, the graph that forecasts, and Keras's weights."""
        learnt, network = self.fitted
        return {
            JSON_FILE: msgspec.json.encode(learnt),
            ONNX_FILE: network.graph,
            WEIGHTS_FILE: network.weights,
        }

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote; Keras is not needed."""
        learnt = msgspec.json.decode(files[JSON_FILE], type=LearntLstm)
        model = cls(learnt.horizon, learnt.seed, msgspec.structs.asdict(learnt.options))
        model._fitted = learnt, Network(files[ONNX_FILE], files[WEIGHTS_FILE])
        return model


def slot_options(asked: Mapping[str, Any], horizon: int, seed: int) -> LstmOptions:
    """Return the options of an LSTM for one horizon; raises `InvalidRequest`."""
    fixed = {"nsteps": horizon, "seed": seed, "quantiles": list(LEVELS)}
    try:
        options = msgspec.convert({"seq_len": SEQ_LEN} | dict(asked) | fixed, LstmOptions)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"options: {error}.") from error
    if options.seq_len > WARM_UP:
        raise InvalidRequest(f"seq_len must be at most {WARM_UP} for a slot.")
    return options


def _raw_chance(quantiles: Floats) -> Floats:
    return probability_above(np.zeros(len(quantiles)), quantiles, LEVELS)


def _widths(quantiles: Floats, horizon: int) -> Widths:
    """Return widths that start at nothing: the adjustment has made the intervals conformal."""
    widths = {}
    for name, (low, high) in interval_pairs(LEVELS).items():
        reach = float((quantiles[:, high] - quantiles[:, low]).mean()) / 2
        widths[name] = Width(float(name), 0.0, tracking_rate(horizon) * reach)
    return widths
