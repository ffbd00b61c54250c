"""Walk models forward through a history: fit on the past, forecast what follows."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.jobs import Progress
from ml.data.walkforward import Fold, Spans, walk_forward
from ml.features.history import History
from ml.models.protocol import Forecaster

Rows = NDArray[np.intp]
Report = Callable[[Progress], None]
Makers = Mapping[str, Callable[[], Forecaster]]

FIRST_TEST = 0.5
# Candles kept free between training and test, beyond the purge of labels that overlap.
EMBARGO = 1
# Models fit on one thread each, so that two folds keep two cores busy.
WORKERS = 2
# Seconds between two reports while folds are at work.
PERIOD = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class FoldForecasts:
    """What one fold gave: rows of the history, each model's forecasts from its test rows.

    `models` are those that were fitted to its training rows.
    """

    train: Rows
    test: Rows
    forecasts: Mapping[str, Any]
    models: Mapping[str, Forecaster]


def split_rows(rows: Rows, spans: Spans, folds: int) -> list[Fold]:
    """Return a walk-forward over `rows`, whose labels span `spans`, in rows of the history.

    Raises `InvalidRequest` where they are too few for so many folds.
    """
    try:
        splits = walk_forward(spans, folds=folds, first_test=FIRST_TEST, embargo=EMBARGO)
    except ValueError as error:
        raise InvalidRequest(f"Too few candles to evaluate: {error}.") from error
    return [Fold(rows[fold.train], rows[fold.test]) for fold in splits]


def walk_models(
    history: History, makers: Makers, splits: Sequence[Fold], report: Report
) -> list[FoldForecasts]:
    """Fit each model anew on every fold and forecast its test; folds run side by side.

    Every fit has its seed from its maker alone, so that the order in which
    folds end changes nothing. `report` is called twice a second, and may raise.
    """
    history.prepare()
    with ThreadPoolExecutor(WORKERS) as pool:
        work = [pool.submit(_walk_fold, history, makers, fold) for fold in splits]
        try:
            _await(work, report)
        except BaseException:
            history.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in work]


def _await(work: list[Future[FoldForecasts]], report: Report) -> None:
    open_ = set(work)
    while open_:
        done, open_ = wait(open_, timeout=PERIOD)
        for future in done:
            future.result()
        count = len(work) - len(open_)
        report(Progress(count, len(work), "folds", "walking forward"))


def _walk_fold(history: History, makers: Makers, fold: Fold) -> FoldForecasts:
    forecasts, models = {}, {}
    for name, make in makers.items():
        history.go_on()
        model = models[name] = make()
        model.fit(history, fold.train)
        forecasts[name] = model.predict(history, fold.test)
    return FoldForecasts(fold.train, fold.test, forecasts, models)
