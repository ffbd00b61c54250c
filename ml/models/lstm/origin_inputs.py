"""What the network is told of each row besides its window, as boosting is.

These are volatilities and returns over several spans, volume and the clock
(`ml.features.model_inputs`), read as `InputReader` reads them: none is let through that
is unlike the rows learnt from.
"""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.clock.sessions import Sessions
from ml.data.walkforward import Rows
from ml.features.history import History
from ml.features.model_inputs import RETURNS, SIZE_INPUTS, columns_of
from ml.models.boosting.input_reader import InputReader

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

ORIGIN_INPUTS: tuple[str, ...] = (*SIZE_INPUTS, *RETURNS)
# Inputs that hardly vary say nothing.
LEAST_SPREAD = 1e-6


class OriginInputs(msgspec.Struct, frozen=True):
    """How inputs are read, and the `center` and `spread` of each of `names` in the rows learnt."""

    reader: InputReader
    names: tuple[str, ...]
    center: list[float]
    spread: list[float]

    @classmethod
    def fit(cls, history: History, rows: Rows, horizon: int) -> Self:
        """Learn from `rows`, all of them warmed up."""
        reader, table = InputReader.learn(history, rows, horizon)
        values = table[:, columns_of(ORIGIN_INPUTS)]
        spread = values.std(axis=0)
        return cls(
            reader=reader,
            names=ORIGIN_INPUTS,
            center=values.mean(axis=0).tolist(),
            spread=np.where(spread > LEAST_SPREAD, spread, 1.0).tolist(),
        )

    @property
    def sessions(self) -> Sessions:
        """Return the market's sessions as the rows learnt from show them."""
        return self.reader.sessions

    def of(self, history: History, rows: Rows, horizon: int) -> Floats32:
        """Return the inputs of `rows`, shape (rows, inputs)."""
        values = self.reader.read(history, rows, horizon)[:, columns_of(self.names)]
        return ((values - self.center) / self.spread).astype(np.float32)
