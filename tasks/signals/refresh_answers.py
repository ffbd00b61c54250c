"""Watched series of five minutes: trained in time, and answered for at each close."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

import msgspec

from core import models
from core.errors import Conflict, ModelUnavailable, TickcastError
from core.series import CandleFlag, Series
from core.signals import (
    DEFAULT_FOLDS,
    HORIZONS,
    PATH_MODELS,
    PREDICTION,
    RANGE_MODEL,
    RESOLUTION,
    SIGNAL_ANSWER,
    SIGNAL_MODEL,
    SignalWords,
)
from core.times import now_ms
from storage.models.answer_cache import Asked
from storage.models.runs import TargetRecord
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.jobs.answer_calls import make_call
from tasks.jobs.run_step import Work
from tasks.jobs.turns import Turns
from tasks.signals.generate_signal import generate_signal
from tasks.signals.predict_range import predict_range
from tasks.task_table import TRAIN_SIGNALS

logger = logging.getLogger(__name__)

# After an attempt, well or not, the next one by ourselves waits so long (ms).
PAUSE_MS = 6 * 3_600_000

_turns = Turns()


def train_outlooks(stores: Stores, enqueue: Enqueue) -> int:
    """Queue a training for each watched series that has none, or an old one; returns how many."""
    known: dict[Series, list[TargetRecord]] = {}
    for record in stores.registry.targets(models.RANGE, models.SIGNAL):
        known.setdefault(record.target.series, []).append(record)
    queued = 0
    for series in watched(stores):
        horizons = _due(known.get(series, ()), now_ms())
        count = stores.candles.count(series) if horizons else 0
        enough = [h for h in horizons if count > models.least_candles(SIGNAL_MODEL, h)]
        queued += _queue(enqueue, series, enough) if enough else 0
    return queued


def watched(stores: Stores) -> list[Series]:
    """Return the watched series of five minutes."""
    return [w.series for w in stores.watches.list() if w.series.resolution == RESOLUTION]


def _due(records: Sequence[TargetRecord], now: int) -> list[int]:
    """Return the horizons whose training is due."""
    by_horizon: dict[int, list[TargetRecord]] = {horizon: [] for horizon in HORIZONS}
    for record in records:
        by_horizon.setdefault(record.target.horizon, []).append(record)
    return [h for h, held in by_horizon.items() if _is_due(held, now)]


def _is_due(records: Sequence[TargetRecord], now: int) -> bool:
    attempted = max((r.attempted_at or r.created_at for r in records), default=None)
    if attempted is None:
        return True
    if now - attempted < PAUSE_MS:
        return False
    trained = [r for r in records if r.champion_id is not None]
    if len(trained) < len(PATH_MODELS):
        return True
    return any(now - (r.promoted_at or 0) >= r.retrain_every * 1_000 for r in trained)


def _queue(enqueue: Enqueue, series: Series, horizons: list[int]) -> int:
    request = msgspec.structs.asdict(series)
    request |= {"horizons": horizons, "folds": DEFAULT_FOLDS, "seed": 0, "reason": "schedule"}
    with suppress(Conflict):  # it is being trained already
        job = enqueue.begin(TRAIN_SIGNALS, request)
        logger.info("ranges and signals of %s are trained: job %s", series, job.id)
        return 1
    return 0


def answer_outlooks(stores: Stores, words: SignalWords) -> int:
    """Make the answers of watched series once a candle has closed; returns how many."""
    with _turns.mine() as mine:
        return sum(_answer_all(stores, words)) if mine else 0


def _answer_all(stores: Stores, words: SignalWords) -> Iterator[int]:
    works: dict[str, tuple[str, Work]] = {
        RANGE_MODEL: (PREDICTION, predict_range),
        SIGNAL_MODEL: (SIGNAL_ANSWER, partial(generate_signal, words)),
    }
    mine = set(watched(stores))
    newest = {series: _is_newest(stores, series) for series in mine}
    for record in stores.registry.targets(models.RANGE, models.SIGNAL):
        target = record.target
        if record.champion_id is None or not newest.get(target.series):
            continue
        name, work = works[target.model]
        if stores.answers.find(Asked(name, target.series, target.horizon)) is None:
            yield _answer(stores, target.series, target.horizon, name, work)


def _is_newest(stores: Stores, series: Series) -> bool:
    """Say whether the candle that closed last is held."""
    held = stores.candles.read(series, limit=2, newest=True)
    done = held.time[(held.flags & int(CandleFlag.PARTIAL)) == 0]
    closed = now_ms() // 1_000 // RESOLUTION * RESOLUTION - RESOLUTION
    return bool(len(done)) and int(done[-1]) >= closed


def _answer(stores: Stores, series: Series, horizon: int, name: str, work: Work) -> int:
    request = msgspec.structs.asdict(series) | {"horizon": horizon}
    try:
        work(stores, make_call(f"{name}:{series}", name, request), _nobody, _nobody)
    except ModelUnavailable as error:  # after a gap, until enough candles follow it
        logger.debug("%s of %s: %s", name, series, error.detail)
        return 0
    except TickcastError as error:
        logger.warning("%s of %s, %d candles ahead: %s", name, series, horizon, error.detail)
        return 0
    return 1


def _nobody(_: object) -> None:
    """Report and note nothing: nobody waits for this."""
