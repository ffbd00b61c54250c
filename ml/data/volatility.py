"""Volatility known at the time: the scale on which moves are learnt and judged."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DECAY = 0.94  # RiskMetrics Technical Document (1996) for daily data; usual for all lengths
# After so many returns a weight of DECAY has shrunk below a millionth: older ones do not count.
MEMORY = 256
# Memories from 17 to 333 candles: which one serves best depends on how far ahead is looked.
DECAYS = (DECAY, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.997)


def ewma_volatility(returns: Floats, decay: float = DECAY) -> Floats:
    """Return the exponentially weighted volatility after each return, one candle's scale.

    Weights are renormalised, so that the first values are plain means; NaN
    returns are passed over and keep the value before. Element i depends on
    `returns[:i + 1]` only. NaN until the first return.
    """
    squares = pd.Series(returns * returns)
    weighted = squares.ewm(alpha=1 - decay, adjust=True, ignore_na=True).mean()
    return np.asarray(np.sqrt(weighted.to_numpy(dtype=np.float64)))
