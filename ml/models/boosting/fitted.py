"""What all models made of one training set share: their options, what they learnt, its file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data.labels import Path
from ml.data.walkforward import Spans
from ml.features.history import History
from ml.features.model_inputs import INPUTS, model_inputs
from ml.models.boosting.booster import BoostingOptions
from ml.models.boosting.input_reader import InputReader, crosses_closure, enough_closures
from ml.models.boosting.training_set import HELD_OUT_SHARE, TrainingSet, Trees
from ml.models.protocol import FILE, NO_OPTIONS, Files, Followed, Model, read_options
from ml.scoring.conformal import Place

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class About(msgspec.Struct, frozen=True):
    """Which model it is, and what it was fitted to; `trained_until` is an opening in seconds."""

    name: str
    horizon: int
    seed: int
    options: BoostingOptions
    sessions: dict[str, Any]
    trained_until: int
    rows: int
    # Files of earlier versions have none, and know neither closures nor bounds of inputs.
    reader: InputReader | None = None

    def inputs(self, history: History, rows: Rows) -> Floats:
        """Return the inputs of `rows` as the model knows them."""
        if self.reader is None:
            return model_inputs(history.features, history.path.close, rows)
        return self.reader.read(history, rows, self.horizon)


class Learnt(msgspec.Struct, frozen=True):
    """Base of all that a fitted model consists of."""

    name: str
    about: About


L = TypeVar("L", bound=Learnt)


@dataclass(frozen=True, eq=False)
class Window:
    """The rows that a forecast looks at: those asked for, and those whose outcomes count.

    `since` is the opening (s) of the last row whose outcome has counted before.
    """

    history: History
    rows: Rows
    wanted: Rows
    horizon: int
    since: int
    places: Mapping[str, Place] | None

    @property
    def asked(self) -> Rows:
        """Return where the rows asked for stand among all."""
        return np.searchsorted(self.rows, self.wanted)

    @property
    def end(self) -> Rows:
        """Return the rows at which outcomes are known."""
        return self.rows + self.horizon

    def outcomes(self, label: Callable[[Path, Rows, int], Floats]) -> Floats:
        """Return a label of each row, NaN where it has counted before or is not known."""
        found = self.history.where_known(label, self.rows, self.horizon)
        if self.places is not None:
            found[self.history.times[self.rows] <= self.since] = np.nan
        return found

    def followed(self, places: dict[str, Place]) -> Followed | None:
        """Return where widths stand once all counts that is known at the last row asked for."""
        counted = self.rows[self.end <= self.wanted[-1]]
        last = int(self.history.times[counted[-1]]) if len(counted) else 0
        return Followed(max(self.since, last), places) if places else None


def going_on(
    trained_until: int, followed: Followed | None
) -> tuple[int, Mapping[str, Place] | None]:
    """Return the opening (s) after which outcomes count, and where widths stood then."""
    if followed is not None and followed.until >= trained_until and followed.places:
        return followed.until, followed.places
    return trained_until, None


class Fitted(Model, Generic[L]):
    """Base of a model of one horizon; `learns` is the type of what it learns."""

    name: ClassVar[str]
    learns: ClassVar[type[Any]]
    # How many inputs it reads of each row.
    features = len(INPUTS)

    def __init__(
        self, horizon: int, seed: int = 0, options: Mapping[str, Any] | BoostingOptions = NO_OPTIONS
    ) -> None:
        self.horizon = horizon
        self.seed = seed
        self.options = read_options(options, BoostingOptions)
        self._learnt: L | None = None

    @property
    def learnt(self) -> L:
        """Return what was learnt; raises `ValueError` before any fit."""
        if self._learnt is None:
            raise ValueError("the model has not been fitted")
        return self._learnt

    def training_set(
        self, history: History, rows: Rows, spans: Spans, held_out: float = HELD_OUT_SHARE
    ) -> TrainingSet:
        """Prepare `rows` for learning; raises `InvalidRequest` where they are too few."""
        return TrainingSet.prepare(
            history, rows, spans, self.horizon, self.options, self.seed, held_out
        )

    def about(self, history: History, training: TrainingSet) -> About:
        """Return which model this is, fitted to the rows of `training`."""
        rows = training.rows
        return About(
            name=self.name,
            horizon=self.horizon,
            seed=self.seed,
            options=self.options,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[rows[-1]]),
            rows=len(rows),
            reader=training.reader,
        )

    def window(self, history: History, rows: Rows, followed: Followed | None) -> Window:
        """Return what a forecast from `rows` must look at, going on from what was followed."""
        since, places = going_on(self.learnt.about.trained_until, followed)
        every = history.rows_since(since, rows)
        return Window(history, every, rows, self.horizon, since, places)

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON."""
        about = msgspec.to_builtins(self.learnt.about)
        del about["sessions"], about["reader"]
        return dict(about) | self.details()

    def set_apart(self, training: TrainingSet) -> Bools:
        """Say of each row of a training set whether its interval has a width of its own."""
        closed = crosses_closure(training.inputs)
        return closed if enough_closures(closed) else np.zeros_like(closed)

    def details(self) -> dict[str, Any]:
        """Return what a kind of model adds to `describe`."""
        return {}

    def to_files(self) -> dict[str, bytes]:
        """Return one file of JSON, which holds each booster as its library's own text."""
        return {FILE: msgspec.json.encode(self.learnt)}

    @classmethod
    def from_files(cls, files: Files) -> Self:
        """Return the model that `to_files` wrote."""
        learnt = msgspec.json.decode(files[FILE], type=cls.learns)
        model = cls(learnt.about.horizon, learnt.about.seed, learnt.about.options)
        model._learnt = learnt
        return model


def importance(**parts: Trees | None) -> dict[str, dict[str, float]]:
    """Return by part the share of the gain that each input brought, where trees are used."""
    return {
        part: dict(zip(INPUTS, trees.importance().round(6).tolist(), strict=False))
        for part, trees in parts.items()
        if trees is not None
    }
