"""Ranges and signals that are trained unasked: of watched series, and of offered slots."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec

from core.errors import Conflict
from core.models import RANGE, SIGNAL, least_candles
from core.requests import TrainSignals
from core.series import Series
from core.signals import (
    DEFAULT_FOLDS,
    HORIZONS,
    RANGE_HORIZONS,
    RANGE_MODEL,
    RESOLUTION,
    SIGNAL_MODEL,
    path_target,
)
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.task_table import TRAIN_SIGNALS

logger = logging.getLogger(__name__)


class _Wanted(NamedTuple):
    """How far ahead signals and ranges of a series look, and ranges alone."""

    horizons: set[int]
    ranges: set[int]


def train_first(stores: Stores, enqueue: Enqueue, ahead: Mapping[int, int]) -> int:
    """Queue a training for each series that lacks one; returns how many.

    `ahead` says how far signals of each length of candles look. Only the usual exits are trained
    unasked. Later trainings come by the schedule of all targets (`tasks.forecasts.retrain`).
    """
    begun = {record.target for record in stores.registry.targets(RANGE, SIGNAL)}
    queued = 0
    for series, wanted in _wanted(stores, ahead).items():

        def lacks(horizon: int, model: str, series: Series = series) -> bool:
            return path_target(series, horizon, model) not in begun

        horizons = [one for one in sorted(wanted.horizons) if lacks(one, SIGNAL_MODEL)]
        ranges = [one for one in sorted(wanted.ranges) if lacks(one, RANGE_MODEL)]
        count = stores.candles.count(series) if horizons or ranges else 0
        horizons = [one for one in horizons if count > least_candles(SIGNAL_MODEL, one)]
        ranges = [one for one in ranges if count > least_candles(RANGE_MODEL, one)]
        queued += _queue(enqueue, series, horizons, ranges) if horizons or ranges else 0
    return queued


def _wanted(stores: Stores, ahead: Mapping[int, int]) -> dict[Series, _Wanted]:
    """Return what routes answer for without being asked for a training: of what is watched or sold.

    Of five minutes that is what source 001 asks about, too.
    """
    found: dict[Series, _Wanted] = {}
    for watch in stores.watches.list():
        length = watch.series.resolution
        horizons = {ahead[length], *(HORIZONS if length == RESOLUTION else ())}
        found[watch.series] = _Wanted(horizons, set(RANGE_HORIZONS))
    for slot in stores.slots.offered():
        of_series = found.setdefault(slot.target.series, _Wanted(set(), set(RANGE_HORIZONS)))
        of_series.horizons.add(slot.target.horizon)
    return found


def _queue(enqueue: Enqueue, series: Series, horizons: list[int], ranges: list[int]) -> int:
    request = TrainSignals(
        **msgspec.structs.asdict(series),
        horizons=horizons,
        folds=DEFAULT_FOLDS,
        seed=0,
        reason="schedule",
        range_horizons=ranges,
    )
    with suppress(Conflict):  # it is being trained already
        job = enqueue.begin(TRAIN_SIGNALS, request)
        logger.info("ranges and signals of %s are trained: job %s", series, job.id)
        return 1
    return 0
