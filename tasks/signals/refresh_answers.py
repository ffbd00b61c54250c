"""Answers about watched series of five minutes, made once a candle has closed."""

import logging
from collections.abc import Callable, Iterator

from core.clock.openings import closed_at
from core.clock.times import now_ms
from core.errors import ModelUnavailable, TickcastError
from core.forecast_target import ForecastTarget
from core.models import RANGE, SIGNAL
from core.series import Series
from core.signals import PREDICTION, RANGE_MODEL, SIGNAL_ANSWER, SIGNAL_MODEL, SignalWords
from storage.candles.newest_finished import newest_finished
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.signals.first_trainings import watched
from tasks.signals.generate_signal import signal_of
from tasks.signals.predict_range import range_of

logger = logging.getLogger(__name__)


def refresh_answers(stores: Stores, words: SignalWords) -> int:
    """Make the answers of watched series whose newest candle has just closed; returns how many."""
    return sum(_make_all(stores, words))


def _make_all(stores: Stores, words: SignalWords) -> Iterator[int]:
    makers: dict[str, tuple[str, Callable[[Series, int], object]]] = {
        RANGE_MODEL: (PREDICTION, lambda series, horizon: range_of(stores, series, horizon)),
        SIGNAL_MODEL: (
            SIGNAL_ANSWER,
            lambda series, horizon: signal_of(words, stores, series, horizon),
        ),
    }
    fresh = {series for series in watched(stores) if _is_newest(stores, series)}
    for record in stores.registry.targets(RANGE, SIGNAL):
        target = record.target
        if record.champion_id is None or target.series not in fresh:
            continue
        name, make = makers[target.model]
        if stores.answers.find(Asked(name, target.series, target.horizon)) is None:
            yield _make(target, make)


def _is_newest(stores: Stores, series: Series) -> bool:
    """Say whether the candle that closed last is held."""
    newest = newest_finished(stores.candles, series)
    grid = stores.facts.get(series).grid
    return newest is not None and newest >= closed_at(now_ms() // 1_000, series.resolution, grid)


def _make(target: ForecastTarget, make: Callable[[Series, int], object]) -> int:
    try:
        make(target.series, target.horizon)
    except ModelUnavailable as error:  # after a gap, until enough candles follow it
        logger.debug("%s: %s", target, error.detail)
        return 0
    except TickcastError as error:
        logger.warning("%s: %s", target, error.detail)
        return 0
    return 1
