"""Trainings that come by themselves: on schedule, at a champion's expiry, or when it drifts.

They make challengers only: whatever becomes of them, the champion goes on.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from core.errors import Conflict
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.times import now_ms
from storage.ledger.ledger_rows import LedgerRow
from storage.models.runs import TargetRecord
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.jobs.slot_requests import target_fields
from tasks.jobs.turns import Turns
from tasks.task_table import TRAIN_SLOT

logger = logging.getLogger(__name__)

SCHEDULE, EXPIRY, DRIFT = "schedule", "expiry", "drift"

# After a failure the next attempt waits an hour, twice as long after each more, at most a day.
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 3_600_000, 86_400_000
# An attempt that promoted nobody is not repeated sooner for expiry or drift.
PAUSE_MS = 6 * 3_600_000
# Drift is looked for once so many new outcomes are there, in at most so many.
DRIFT_STEP, DRIFT_WINDOW = 50, 5_000


class Retrainer:
    """Decides what is trained anew; remembers for its process where it looked for drift."""

    def __init__(self, clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._turns = Turns()
        self._looked_at: dict[ForecastTarget, int] = {}

    def run(self, stores: Stores, enqueue: Enqueue) -> int:
        """Queue a training for each watched target that is due; returns how many."""
        with self._turns.mine() as mine:
            return self._queue_all(stores, enqueue) if mine else 0

    def _queue_all(self, stores: Stores, enqueue: Enqueue) -> int:
        watched = {watch.series for watch in stores.watches.list()}
        queued = 0
        for record in stores.registry.targets():
            if record.champion_id is None or record.target.series not in watched:
                continue
            reason = self.reason(stores, record)
            if reason is not None:
                queued += _queue(stores, enqueue, record, reason)
        return queued

    def reason(self, stores: Stores, record: TargetRecord) -> str | None:
        """Return why a target is to be trained now, None if it is not."""
        attempted = max(record.attempted_at or 0, record.promoted_at or 0)
        idle = self._clock() - attempted
        if record.failures:
            again = min(FIRST_PAUSE_MS * 2 ** (record.failures - 1), LONGEST_PAUSE_MS)
            return SCHEDULE if idle >= again else None
        if record.retrain_every and idle >= record.retrain_every * 1_000:
            return SCHEDULE
        if idle < PAUSE_MS:
            return None
        if record.expired(self._clock()):
            return EXPIRY
        return DRIFT if record.retrain_every and self._drifts(stores, record, attempted) else None

    def _drifts(self, stores: Stores, record: TargetRecord, since_ms: int) -> bool:
        """Say whether the live loss has grown since the last training."""
        rows = stores.ledger_reader.newest_scored(LIVE, record.target, DRIFT_WINDOW)
        rows = [row for row in rows if row.made_at > since_ms]
        if len(rows) - self._looked_at.get(record.target, 0) < DRIFT_STEP:
            return False
        self._looked_at[record.target] = len(rows) if len(rows) < DRIFT_WINDOW else 0
        return loss_grew(rows)


def loss_grew(rows: list[LedgerRow]) -> bool:
    """Say whether errors, by the width of their intervals, have grown from row to row."""
    # NumPy and river come in with this import.
    import numpy as np

    from ml.evaluation.concept_drift import error_grew, surprise

    names = "realised", "predicted", "low_80", "high_80"
    columns = (np.array([getattr(row, name) for row in rows], np.float64) for name in names)
    return error_grew(surprise(*columns))


def training_request(record: TargetRecord, reason: str) -> dict[str, Any]:
    """Return the request of a training as the target wants it."""
    return target_fields(record.target) | {
        "options": record.options["options"],
        "seed": record.options["seed"],
        "folds": record.options["folds"],
        "retrain_every": record.retrain_every,
        "expires_after": record.expires_after,
        "reason": reason,
    }


def _queue(stores: Stores, enqueue: Enqueue, record: TargetRecord, reason: str) -> int:
    with suppress(Conflict):  # it is being trained already
        job = enqueue.begin(TRAIN_SLOT, training_request(record, reason))
        stores.registry.note_attempt(record.target)
        logger.info("%s is trained again (%s): job %s", record.target, reason, job.id)
        return 1
    return 0
