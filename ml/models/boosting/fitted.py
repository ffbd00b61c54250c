"""What all models made of one training set share: their options, what they learnt, its file."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data.walkforward import Spans
from ml.features.history import History
from ml.features.model_inputs import INPUTS
from ml.models.boosting.booster import BoostingOptions
from ml.models.boosting.training_set import TrainingSet, Trees
from ml.models.protocol import FILE, NO_OPTIONS, Files, Model, read_options

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


class Learnt(msgspec.Struct, frozen=True):
    """Base of all that a fitted model consists of."""

    name: str
    about: About


L = TypeVar("L", bound=Learnt)


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

    def training_set(self, history: History, rows: Rows, spans: Spans) -> TrainingSet:
        """Prepare `rows` for learning; raises `InvalidRequest` where they are too few."""
        return TrainingSet.prepare(history, rows, spans, self.horizon, self.options, self.seed)

    def about(self, history: History, rows: Rows) -> About:
        """Return which model this is, fitted to `rows`."""
        return About(
            name=self.name,
            horizon=self.horizon,
            seed=self.seed,
            options=self.options,
            sessions=history.sessions.to_dict(),
            trained_until=int(history.times[rows[-1]]),
            rows=len(rows),
        )

    def describe(self) -> dict[str, Any]:
        """Return what was learnt, fit for JSON."""
        about = msgspec.to_builtins(self.learnt.about)
        del about["sessions"]
        return dict(about) | self.details()

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
        part: dict(zip(INPUTS, trees.importance().round(6).tolist(), strict=True))
        for part, trees in parts.items()
        if trees is not None
    }
