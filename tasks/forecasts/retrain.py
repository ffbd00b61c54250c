"""Trainings of every kind that come by themselves: on schedule, at expiry, when a model drifts.

They make challengers only: whatever becomes of them, the champion goes on.
"""

import logging
from collections.abc import Callable
from contextlib import suppress

import msgspec

from core.clock.times import now_ms
from core.errors import Conflict, CorruptArtifact
from core.forecast_target import DEFAULT_FOLDS, ForecastTarget
from core.jobs import Job
from core.ledger import LIVE
from core.models import CLOSE, KINDS, NEXT_CANDLE
from core.next_candle import DEFAULT_DAYS
from core.requests import Train, TrainNextCandle
from storage.ledger.ledger_rows import LedgerRow
from storage.models.runs import RunRecord, TargetRecord
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.jobs.loaded_models import models
from tasks.jobs.turns import Turns
from tasks.task_table import REBUILD_SERIES, TRAIN_NEXT_CANDLE, TRAIN_SLOT

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
        watched |= {slot.target.series for slot in stores.slots.offered()}
        queued = 0
        for record in stores.registry.targets(*KINDS):
            if record.target.series not in watched or not _has_begun(record):
                continue
            reason = self.reason(stores, record)
            if reason is not None:
                queued += _queue(stores, enqueue, record, reason)
        return queued

    def reason(self, stores: Stores, record: TargetRecord) -> str | None:
        """Return why a target is to be trained now, None if it is not."""
        attempted = max(record.attempted_at or 0, record.promoted_at or 0, record.created_at)
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
        target = record.target
        if target.kind != CLOSE:
            return self._drifts_again(stores, record)
        rows = stores.ledger_reader.newest_scored(LIVE, target, DRIFT_WINDOW)
        rows = [row for row in rows if row.made_at > since_ms]
        return self._has_news(target, len(rows)) and loss_grew(rows)

    def _drifts_again(self, stores: Stores, record: TargetRecord) -> bool:
        """Say the same of forecasts that no ledger holds: they are made again from candles."""
        run = models.run(stores, record.champion_id or "")
        trained_until = run.metadata.get("trained_until")
        if trained_until is None:  # by an earlier version, which did not note it
            return False
        new = stores.candles.count(run.series, trained_until + 1, None)
        return self._has_news(run.target, min(new, DRIFT_WINDOW)) and champion_drifts(stores, run)

    def _has_news(self, target: ForecastTarget, outcomes: int) -> bool:
        """Say whether enough outcomes have come since the last look, and note this one."""
        if outcomes - self._looked_at.get(target, 0) < DRIFT_STEP:
            return False
        self._looked_at[target] = outcomes if outcomes < DRIFT_WINDOW else 0
        return True


def champion_drifts(stores: Stores, run: RunRecord) -> bool:
    """Say whether the loss of a champion has grown on the candles since its training.

    One whose files are damaged counts as such.
    """
    # NumPy, TA-Lib and river come in with these imports.
    from ml.evaluation.concept_drift import error_grew, losses_since
    from ml.features.history import make_history
    from ml.models.protocol import CANDLES_WANTED

    candles = stores.candles.read(run.series, limit=DRIFT_WINDOW + CANDLES_WANTED, newest=True)
    sessions = run.metadata["sessions"]
    history = make_history(candles.to_frame(), run.series.resolution, sessions)
    try:
        model = models.model(stores, run)
    except CorruptArtifact:
        return True  # a new one is what mends it
    return error_grew(losses_since(history, model, run.metadata["trained_until"], DRIFT_WINDOW))


def loss_grew(rows: list[LedgerRow]) -> bool:
    """Say whether errors, by the width of their intervals, have grown from row to row."""
    # NumPy and river come in with this import.
    import numpy as np

    from ml.evaluation.concept_drift import error_grew, surprise

    names = "realised", "predicted", "low_80", "high_80"
    columns = (np.array([getattr(row, name) for row in rows], np.float64) for name in names)
    return error_grew(surprise(*columns))


def training_request(record: TargetRecord, reason: str) -> Train:
    """Return the request of a training as the target wants it."""
    recipe = record.options
    return Train(
        **msgspec.structs.asdict(record.target),
        options=recipe.get("options", {}),
        seed=recipe.get("seed", 0),
        folds=recipe.get("folds", DEFAULT_FOLDS),
        retrain_every=record.retrain_every,
        expires_after=record.expires_after,
        reason=reason,
    )


def _has_begun(record: TargetRecord) -> bool:
    """Say whether a target is to be trained again by itself.

    A close that nobody was good enough to forecast waits for its caller; what has
    to give an answer is tried again.
    """
    return record.champion_id is not None or record.target.kind != CLOSE


def _queue(stores: Stores, enqueue: Enqueue, record: TargetRecord, reason: str) -> int:
    with suppress(Conflict):  # it is being trained already
        job = _begin(enqueue, record, training_request(record, reason))
        stores.registry.note_attempt(record.target)
        logger.info("%s is trained again (%s): job %s", record.target, reason, job.id)
        return 1
    return 0


def _begin(enqueue: Enqueue, record: TargetRecord, request: Train) -> Job:
    if record.target.kind != NEXT_CANDLE:
        return enqueue.begin(TRAIN_SLOT, request)
    days = record.options.get("days", DEFAULT_DAYS)
    whole = TrainNextCandle(**msgspec.structs.asdict(request), days=days)
    return enqueue.begin(TRAIN_NEXT_CANDLE, whole, after=[REBUILD_SERIES])
