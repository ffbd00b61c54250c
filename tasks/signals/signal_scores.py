"""The scores of a target's sealed signals, computed and kept for the scoreboard."""

from typing import Any

from core.forecast_target import ForecastTarget
from core.ledger import SIGNALS
from storage.stores import Stores

_NUMBERS = (
    "probability_hold", "probability_buy", "probability_sell", "prior_hold", "prior_buy",
    "prior_sell", "probability_tp", "probability_sl", "take_profit", "stop_loss", "current_price",
    "pnl_percent",
)  # fmt: skip
_WORDS = ("type", "label", "exit")


def keep_signal_scores(stores: Stores, target: ForecastTarget) -> dict[str, Any]:
    """Score all signals of which it is known what came, holds too; returns the scores."""
    # NumPy and SciPy come in with this import.
    import numpy as np

    from ml.evaluation.live_signals import SealedColumns, score_sealed

    rows = [row for row in stores.sealed.scored(target) if row.prior_hold is not None]
    numbers: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows], np.float64) for name in _NUMBERS
    }
    words: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows], str) for name in _WORDS
    }
    found = score_sealed(SealedColumns(horizon=target.horizon, **numbers, **words))
    stores.boards.put(SIGNALS, target, found)
    return found
