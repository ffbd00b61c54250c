"""Answers about watched series, made once a candle has closed."""

import logging
from collections.abc import Iterator

from core.clock.times import now_ms
from core.errors import ModelUnavailable, TickcastError
from core.forecast_target import ForecastTarget
from core.models import RANGE, SIGNAL
from core.series import Series
from core.signals import PREDICTION, SignalWords, signal_answer
from storage.candles.newest_finished import newest_closed
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.signals.generate_signal import signal_of
from tasks.signals.predict_range import range_of

logger = logging.getLogger(__name__)


def refresh_answers(stores: Stores, words: SignalWords) -> int:
    """Make the answers of watched series whose newest candle has just closed; returns how many."""
    return sum(_make_all(stores, words))


def _make_all(stores: Stores, words: SignalWords) -> Iterator[int]:
    fresh = {w.series for w in stores.watches.list() if _is_newest(stores, w.series)}
    for record in stores.registry.targets(RANGE, SIGNAL):
        target = record.target
        if record.champion_id is None or target.series not in fresh:
            continue
        name = PREDICTION if target.kind == RANGE else signal_answer(target.model)
        if stores.answers.find(Asked(name, target.series, target.horizon)) is None:
            yield _make(stores, words, target)


def _is_newest(stores: Stores, series: Series) -> bool:
    """Say whether the candle that closed last is held."""
    grid = stores.facts.get(series).grid
    return newest_closed(stores.candles, series, grid, now_ms() // 1_000) is not None


def _make(stores: Stores, words: SignalWords, target: ForecastTarget) -> int:
    try:
        if target.kind == RANGE:
            range_of(stores, target.series, target.horizon)
        else:
            signal_of(words, stores, target.series, target.horizon, target.model)
    except ModelUnavailable as error:  # after a gap, until enough candles follow it
        logger.debug("%s: %s", target, error.detail)
        return 0
    except TickcastError as error:
        logger.warning("%s: %s", target, error.detail)
        return 0
    return 1
