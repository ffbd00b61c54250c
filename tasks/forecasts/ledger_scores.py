"""The scores of a target's rows in a ledger, computed and kept for the scoreboard."""

from typing import Any

from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.markets import DEFAULT_COSTS_BPS
from storage.ledger.ledger_rows import LedgerRow
from storage.stores import Stores

_COLUMNS = ("predicted", "low_80", "high_80", "low_95", "high_95", "prob_up", "realised")


def keep_scores(stores: Stores, ledger: str, target: ForecastTarget) -> dict[str, Any]:
    """Score all rows with an outcome; returns `{n, scores, baseline_scores, verdict}`.

    Of the live ledger, which is looked at again and again, skill has the
    interval of a confidence sequence.
    """
    found = score_rows(stores.ledger_reader.scored(ledger, target), target.horizon, ledger == LIVE)
    stores.boards.put(ledger, target, found)
    return found


def score_rows(rows: list[LedgerRow], horizon: int, repeated: bool) -> dict[str, Any]:
    """Score rows of one target that have an outcome."""
    # NumPy and SciPy come in with this import.
    import numpy as np

    from ml.evaluation.live_scores import Entries, score_entries

    columns = {
        name: np.array([getattr(row, name) for row in rows], np.float64) for name in _COLUMNS
    }
    last = np.array([row.baseline_price for row in rows], np.float64)
    costs = [DEFAULT_COSTS_BPS if row.costs_bps is None else row.costs_bps for row in rows]
    mean = sum(costs) / len(costs) if costs else DEFAULT_COSTS_BPS
    entries = Entries(last=last, horizon=horizon, costs_bps=mean, **columns)
    return score_entries(entries, repeated=repeated)
