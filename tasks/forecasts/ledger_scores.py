"""The scores of a target's rows in a ledger, computed and kept for the scoreboard."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from core.answers.forecasters import ForecasterRecord, PooledRecord
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.markets import DEFAULT_COSTS_BPS
from storage.ledger.ledger_rows import LedgerRow, Said
from storage.stores import Stores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Scores over many rows are computed the less often the more there are: ms a row.
PAUSE_MS_A_ROW = 5

_COLUMNS = (*Said.__struct_fields__, "realised")


def is_due(rows: int, updated_at: int, now: int) -> bool:
    """Say whether scores of so many rows, last computed at `updated_at` (ms), may be again."""
    return now - updated_at >= rows * PAUSE_MS_A_ROW


def keep_scores(stores: Stores, ledger: str, target: ForecastTarget) -> dict[str, Any]:
    """Score all rows with an outcome; returns `{n, scores, baseline_scores, verdict}`.

    Of the live ledger, which is looked at again and again, skill has the
    interval of a confidence sequence.
    """
    found = score_rows(stores.ledger_reader.scored(ledger, target), target.horizon, ledger == LIVE)
    stores.boards.put(ledger, target, found)
    return found


def keep_record(stores: Stores, ledger: str, model: str) -> None:
    """Score all rows of an outside forecaster, and keep the record that his page shows."""
    # NumPy and SciPy come in with this import.
    import numpy as np

    from ml.evaluation.pooled_record import Pool, pooled_scores

    pools: dict[tuple[int, int], list[LedgerRow]] = defaultdict(list)
    rows = stores.ledger_reader.scored_by(ledger, model)
    for row in rows:
        pools[row.resolution, row.horizon].append(row)
    pooled = []
    for (resolution, horizon), some in sorted(pools.items()):
        opening = np.array([row.opening for row in some], np.int64)
        delays = [row.made_at / 1_000 - row.first_opening for row in some]
        told = pooled_scores(Pool(horizon=horizon, opening=opening, **_columns(some))) | {
            "resolution": resolution,
            "horizon": horizon,
            "markets": len({(row.platform, row.symbol) for row in some}),
            "delay_s": float(np.median(delays)),
        }
        pooled.append(msgspec.convert(told, PooledRecord))
    stores.records.put(ledger, model, ForecasterRecord(n=len(rows), pooled=pooled))


def score_rows(rows: list[LedgerRow], horizon: int, repeated: bool) -> dict[str, Any]:
    """Score rows of one target that have an outcome."""
    # NumPy and SciPy come in with this import.
    from ml.evaluation.live_scores import Entries, score_entries

    costs = [DEFAULT_COSTS_BPS if row.costs_bps is None else row.costs_bps for row in rows]
    mean = sum(costs) / len(costs) if costs else DEFAULT_COSTS_BPS
    entries = Entries(horizon=horizon, costs_bps=mean, **_columns(rows))
    return score_entries(entries, repeated=repeated)


def _columns(rows: list[LedgerRow]) -> "dict[str, NDArray[np.float64]]":
    # NumPy comes in with this import.
    import numpy as np

    last = np.array([row.baseline_price for row in rows], np.float64)
    return {"last": last} | {
        name: np.array([getattr(row, name) for row in rows], np.float64) for name in _COLUMNS
    }
