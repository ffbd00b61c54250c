"""Ranges and signals that are trained unasked: of watched five minutes, and of offered slots."""

import logging
from contextlib import suppress

import msgspec

from core.errors import Conflict
from core.models import RANGE, SIGNAL, least_candles
from core.requests import TrainSignals
from core.series import Series
from core.signals import DEFAULT_FOLDS, HORIZONS, RESOLUTION, SIGNAL_MODEL
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.task_table import TRAIN_SIGNALS

logger = logging.getLogger(__name__)


def train_first(stores: Stores, enqueue: Enqueue) -> int:
    """Queue a training for each series that lacks one; returns how many.

    Later ones come by the schedule of all targets (`tasks.forecasts.retrain`).
    """
    begun = {record.target for record in stores.registry.targets(RANGE, SIGNAL)}
    known = {(target.series, target.horizon) for target in begun}
    wanted = {series: set(HORIZONS) for series in watched(stores)}
    for slot in stores.slots.offered():
        wanted.setdefault(slot.target.series, set()).add(slot.target.horizon)
    queued = 0
    for series, horizons in wanted.items():
        lacking = sorted(horizon for horizon in horizons if (series, horizon) not in known)
        count = stores.candles.count(series) if lacking else 0
        enough = [h for h in lacking if count > least_candles(SIGNAL_MODEL, h)]
        queued += _queue(enqueue, series, enough) if enough else 0
    return queued


def watched(stores: Stores) -> list[Series]:
    """Return the watched series of five minutes."""
    return [w.series for w in stores.watches.list() if w.series.resolution == RESOLUTION]


def _queue(enqueue: Enqueue, series: Series, horizons: list[int]) -> int:
    request = TrainSignals(
        **msgspec.structs.asdict(series),
        horizons=horizons,
        folds=DEFAULT_FOLDS,
        seed=0,
        reason="schedule",
    )
    with suppress(Conflict):  # it is being trained already
        job = enqueue.begin(TRAIN_SIGNALS, request)
        logger.info("ranges and signals of %s are trained: job %s", series, job.id)
        return 1
    return 0
