"""Volatility known at the time: the scale on which moves are learnt and judged."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DECAY = 0.94  # RiskMetrics Technical Document (1996) for daily data; usual for all lengths
# After so many returns a weight has shrunk below a millionth: older ones do not count.
MEMORY = 256


def ewma_volatility(returns: Floats, decay: float = DECAY) -> Floats:
    """Return the exponentially weighted volatility after each return, one candle's scale.

    Weights are renormalised, so that the first values are plain means; NaN
    returns are passed over and keep the value before. Element i depends on
    `returns[:i + 1]` only. NaN until the first return.
    """
    squares = pd.Series(returns * returns)
    weighted = squares.ewm(alpha=1 - decay, adjust=True, ignore_na=True).mean()
    return np.asarray(np.sqrt(weighted.to_numpy(dtype=np.float64)))
