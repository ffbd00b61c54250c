"""What one fit of boosting learns from: inputs of rows, split in time, the newest held out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from ml.data.walkforward import Spans, hold_out, purge
from ml.features.history import History
from ml.models.boosting.booster import Booster, BoostingOptions, Objective, Trainer
from ml.models.boosting.input_reader import InputReader
from ml.models.boosting.one_standard_error import cautious_choice

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
P = TypeVar("P")

# The newest quarter of the rows is held out: shares, calibration and widths are learnt there.
# Far ahead it holds too few that do not overlap: where they are fewer than these, intervals
# are calibrated on both halves, each foretold by the other.
HELD_OUT_SHARE, HALF = 0.25, 0.5
LEAST_APART = 100
LEAST_ROWS = 400


def make_trainer(inputs: Floats, options: BoostingOptions, seed: int) -> Trainer:
    """Prepare `inputs`, shape (n, columns), for fits: sorting them into bins is half the work.

    Both libraries are imported when first used, as `read_booster` does.
    """
    if options.library == "xgboost":
        from ml.models.boosting.xgboost_booster import XgboostTrainer

        return XgboostTrainer(inputs, options, seed)
    from ml.models.boosting.lightgbm_booster import LightgbmTrainer

    return LightgbmTrainer(inputs, options, seed)


def read_booster(library: str, text: str) -> Booster:
    """Return the booster whose `to_text` gave `text`."""
    if library == "xgboost":
        from ml.models.boosting.xgboost_booster import XgboostBooster

        return XgboostBooster.from_text(text)
    from ml.models.boosting.lightgbm_booster import LightgbmBooster

    return LightgbmBooster.from_text(text)


class Trees(msgspec.Struct, frozen=True, dict=True):
    """A booster as text, read when first used."""

    library: str
    text: str

    @cached_property
    def _booster(self) -> Booster:
        return read_booster(self.library, self.text)

    def predict(self, inputs: Floats) -> Floats:
        """Return one value a row."""
        return self._booster.predict(inputs)

    def importance(self) -> Floats:
        """Return the share of the total gain that each input brought."""
        return self._booster.importance()


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Inputs of `rows`; `learn` and `held_out` are positions in them, the latter all later.

    Labels of the rows learnt from end before the first held out begins.
    """

    reader: InputReader

    rows: Rows
    spans: Spans
    inputs: Floats
    learn: Rows
    held_out: Rows
    horizon: int
    options: BoostingOptions
    seed: int

    @classmethod
    def prepare(
        cls,
        history: History,
        rows: Rows,
        spans: Spans,
        horizon: int,
        options: BoostingOptions,
        seed: int,
        held_out_share: float = HELD_OUT_SHARE,
    ) -> "TrainingSet":
        """Split `rows`, whose labels span `spans`; raises `InvalidRequest` where too few."""
        if len(rows) < LEAST_ROWS + horizon:
            raise InvalidRequest(
                f"A model of {horizon} candles ahead needs at least {LEAST_ROWS + horizon} "
                f"candles to learn from after warming up; {len(rows)} are held."
            )
        split = hold_out(spans, np.arange(len(rows)), int(len(rows) * held_out_share))
        reader, inputs = InputReader.learn(history, rows, horizon)
        return cls(reader, rows, spans, inputs, split.train, split.test, horizon, options, seed)

    @staticmethod
    def share_for_intervals(rows: Rows, horizon: int) -> float:
        """Return how much of the rows is to be held out where intervals are calibrated."""
        enough = len(rows) * HELD_OUT_SHARE >= LEAST_APART * horizon
        return HELD_OUT_SHARE if enough else HALF

    def foretold(
        self, parts: P, refit: Callable[["TrainingSet"], P], seldom: Bools
    ) -> list[tuple[Self, P]]:
        """Return the sets whose rows held out calibrate intervals, each with what foretells them.

        `parts` are fitted to this one; `refit` fits them to another. Rows that are `seldom`,
        one flag a row, would be too few if three quarters of them were left out: of those
        also what was learnt from counts.
        """
        if len(self.held_out) >= HALF * len(self.rows) - 1:
            return [(self.crossed, refit(self.crossed)), (self, parts)]
        known = replace(self, held_out=self.learn[seldom[self.learn]])
        return [(each, parts) for each in (known, self) if len(each.held_out)]

    @cached_property
    def crossed(self) -> Self:
        """Return the set the other way round: as many of the newest rows foretell the oldest."""
        count = len(self.rows) - len(self.held_out)
        learn = np.arange(len(self.rows) - count, len(self.rows))
        held_out = purge(self.spans, np.arange(len(self.held_out)), int(self.spans.start[learn[0]]))
        return replace(self, learn=learn, held_out=held_out)

    @cached_property
    def whole(self) -> Self:
        """Return the set that learns from all rows, and holds out none."""
        return replace(self, learn=np.arange(len(self.rows)), held_out=self.held_out[:0])

    @cached_property
    def _trainer(self) -> Trainer:
        return make_trainer(self.inputs[self.learn], self._scaled_options, self.seed)

    @property
    def _scaled_options(self) -> BoostingOptions:
        """Rest leaves on more rows where labels overlap: they hold less news each."""
        least = int(self.options.least_leaf * np.sqrt(min(self.horizon, 16)))
        return msgspec.structs.replace(self.options, least_leaf=least)

    def where(self, chosen: NDArray[np.bool_]) -> "TrainingSet":
        """Return the training set on the chosen rows alone, `chosen` being one flag a row."""
        position = np.cumsum(chosen) - 1
        learn, held_out = (position[part[chosen[part]]] for part in (self.learn, self.held_out))
        spans = Spans(self.spans.start[chosen], self.spans.end[chosen])
        rows, inputs = self.rows[chosen], self.inputs[chosen]
        return replace(self, rows=rows, spans=spans, inputs=inputs, learn=learn, held_out=held_out)

    def boost(self, objective: Objective, target: Floats) -> Trees:
        """Fit trees to `target` (one element a row of the set) on the rows learnt from."""
        booster = self._trainer.fit(objective, target[self.learn])
        return Trees(self.options.library, booster.to_text())

    @cached_property
    def held_out_inputs(self) -> Floats:
        """Return the inputs of the rows held out."""
        return self.inputs[self.held_out]

    def choose(self, losses: list[Floats]) -> int:
        """Return which of several losses is best, one element a row held out."""
        return cautious_choice(np.stack(losses), self.horizon)
