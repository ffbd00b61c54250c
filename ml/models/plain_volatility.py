"""Volatility ahead by the plain means that baselines have: EWMA of one memory, or GARCH(1,1)."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.data.garch import Garch
from ml.data.volatility import DECAY, DECAYS
from ml.features.history import History

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class PlainVolatility(msgspec.Struct, frozen=True, kw_only=True):
    """GARCH(1,1) if there is one, else EWMA whose memory is `decay`."""

    # Files of earlier versions name none: it was this one.
    decay: float = DECAY
    garch: Garch | None = None

    def a_candle(self, history: History, rows: Rows, horizon: int) -> Floats:
        """Return the volatility of the horizon's return over the root of the horizon."""
        if self.garch is None:
            return np.asarray(history.volatility_at(self.decay)[rows])
        whole = history.garch_volatility(self.garch, rows, horizon)
        return np.asarray(whole / np.sqrt(horizon))


def ewma_volatilities() -> list[PlainVolatility]:
    """Return EWMA volatility of every memory."""
    return [PlainVolatility(decay=decay) for decay in DECAYS]


def garch_volatility(history: History, rows: Rows) -> PlainVolatility:
    """Return GARCH(1,1) fitted to the stretch of `rows`."""
    return PlainVolatility(garch=history.garch_of(rows))
