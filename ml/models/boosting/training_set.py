"""What one fit learns from: inputs of rows, split in time into learning and holding back."""

from dataclasses import dataclass, replace
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from ml.data.walkforward import Spans, hold_out
from ml.features.history import History
from ml.features.model_inputs import model_inputs
from ml.models.boosting.boosters import (
    Booster,
    BoostingOptions,
    Task,
    Trainer,
    make_trainer,
    read_booster,
)
from ml.models.boosting.one_standard_error import cautious_choice

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

# The newest quarter of the rows is held back: shares, calibration and widths are learnt there.
HELD_SHARE = 0.25
LEAST_ROWS = 400


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
class Lesson:
    """Inputs of `rows`; `learn` and `held` are positions in them, the latter all later.

    Labels of the rows learnt from end before the first held back begins.
    """

    rows: Rows
    inputs: Floats
    learn: Rows
    held: Rows
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
    ) -> "Lesson":
        """Split `rows`, whose labels span `spans`; raises `InvalidRequest` where too few."""
        if len(rows) < LEAST_ROWS + horizon:
            raise InvalidRequest(
                f"A model of {horizon} candles ahead needs at least {LEAST_ROWS + horizon} "
                f"candles to learn from after warming up; {len(rows)} are held."
            )
        split = hold_out(spans, np.arange(len(rows)), int(len(rows) * HELD_SHARE))
        inputs = model_inputs(history.features, history.path.close, rows)
        return cls(rows, inputs, split.train, split.test, horizon, options, seed)

    @cached_property
    def _trainer(self) -> Trainer:
        return make_trainer(self.inputs[self.learn], self._scaled_options, self.seed)

    @property
    def _scaled_options(self) -> BoostingOptions:
        """Rest leaves on more rows where labels overlap: they hold less news each."""
        least = int(self.options.least_leaf * np.sqrt(min(self.horizon, 16)))
        return msgspec.structs.replace(self.options, least_leaf=least)

    def where(self, chosen: NDArray[np.bool_]) -> "Lesson":
        """Return the lesson on the chosen rows alone, `chosen` being one flag a row."""
        position = np.cumsum(chosen) - 1
        learn, held = (position[part[chosen[part]]] for part in (self.learn, self.held))
        return replace(
            self, rows=self.rows[chosen], inputs=self.inputs[chosen], learn=learn, held=held
        )

    def boost(self, task: Task, target: Floats) -> Trees:
        """Fit trees to `target` (one element a row of the lesson) on the rows learnt from."""
        booster = self._trainer.fit(task, target[self.learn])
        return Trees(self.options.library, booster.to_text())

    @cached_property
    def held_inputs(self) -> Floats:
        """Return the inputs of the rows held back."""
        return self.inputs[self.held]

    def choose(self, losses: list[Floats]) -> int:
        """Return which of several losses is best, one element a row held back."""
        return cautious_choice(np.stack(losses), self.horizon)
