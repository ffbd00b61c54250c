"""Whether regimes foretell anything: each against labels shuffled in time, for all to read."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InvalidRequest
from ml.data import labels
from ml.data.candle_frames import data_hash, finished
from ml.features.history import History, make_history
from ml.features.regimes import (
    TREND_REGIMES,
    VOLATILITY_REGIMES,
    regime_check,
    trend_regimes,
    volatility_regimes,
)

Floats = NDArray[np.float64]

DAY = 86_400
LEVEL = 0.05
# Days that a history must span to be shuffled by a day or more.
LEAST_DAYS = 10


def check_regimes(
    frame: pd.DataFrame, resolution: int, *, horizon: int, seed: int = 0
) -> dict[str, Any]:
    """Test both regimes for what follows within `horizon` candles: its size, its direction.

    Returns `{n, volatility: {size, direction}, trend: {size, direction},
    data_hash}`; each holds what `regime_check` returns and `predicts`, which
    allows for four looks (Bonferroni, 5%). Size is the absolute log-return, direction
    the log-return in EWMA volatilities. Raises `InvalidRequest`
    for histories shorter than ten days or 1,000 candles.
    """
    history = make_history(frame, resolution)
    shift = max(DAY // resolution, 2 * horizon, 50)
    if len(history.times) < max(LEAST_DAYS * shift, 1_000):
        raise InvalidRequest(
            f"Regimes are checked on at least {max(LEAST_DAYS * shift, 1_000)} candles; "
            f"{len(history.times)} are held."
        )
    move = _moves(history, horizon)
    unit = history.volatility * np.sqrt(horizon)
    outcomes = {"size": np.abs(move), "direction": move / unit}
    regimes = {
        "volatility": (volatility_regimes(history.features, resolution), VOLATILITY_REGIMES),
        "trend": (trend_regimes(history.features), TREND_REGIMES),
    }
    looks = len(regimes) * len(outcomes)
    result: dict[str, Any] = {"n": len(history.times), "data_hash": data_hash(finished(frame))}
    for name, (codes, names) in regimes.items():
        result[name] = {}
        for asked, outcome in outcomes.items():
            found = regime_check(codes, names, outcome, least_shift=shift, seed=seed)
            predicts = found["p_value"] * looks <= LEVEL
            result[name][asked] = found | {"predicts": predicts}
    return result


def _moves(history: History, horizon: int) -> Floats:
    """Return each candle's coming log-return, NaN where it is not known."""
    rows = history.learnable(horizon)
    moves = np.full(len(history.times), np.nan)
    moves[rows] = labels.moves(history.path, rows, horizon)
    return moves
