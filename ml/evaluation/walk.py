"""Walk models forward through a history: fit on the past, forecast what follows."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from core.jobs import Progress
from ml.data.walkforward import Fold, Spans, walk_forward
from ml.features.history import History
from ml.models.protocol import Forecaster

Rows = NDArray[np.intp]
Report = Callable[[Progress], None]
T = TypeVar("T")
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
    """What one fold gave: rows of the history, each model's forecasts from `asked`.

    These are its test rows, thinned where forecasts are very many. `models` are
    those that were fitted to its training rows.
    """

    train: Rows
    test: Rows
    asked: Rows
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


class WalkProgress:
    """Counts what is done of the fits of a walk-forward, and tells it; any thread may count.

    A fit is so many `steps` long: its epochs, or one. Epochs left out by early
    stopping count as done. What `report` raises ends the work; it is told no more.
    """

    def __init__(self, report: Report, steps: int) -> None:
        self._report = report
        self._steps = steps
        self._unit = "epochs" if steps > 1 else "folds"
        self._lock = threading.Lock()
        self._at = threading.local()
        self._over = False
        self.start(0, "")

    def start(self, folds: int, message: str = "walking forward", refits: bool = False) -> None:
        """Begin a walk of so many folds; where epochs count, so do those of a last fit."""
        fits = folds + (1 if refits and self._steps > 1 else 0)
        self._done, self._message = [0] * fits, message

    def begin(self, fit: int) -> None:
        """Say that this thread is at work on fit number `fit`, from 0."""
        self._at.fit = fit

    def epoch(self, done: int) -> None:
        """Count so many epochs of this thread's fit."""
        fit = getattr(self._at, "fit", len(self._done))
        if fit < len(self._done) and done > self._done[fit]:
            self._done[fit] = min(done, self._steps)
            self.tell()

    def end(self) -> None:
        """Count this thread's fit as done."""
        self.epoch(self._steps)

    def tell(self, message: str = "") -> None:
        """Report how far the work is."""
        with self._lock:
            if self._over:
                return
            self._message = message or self._message
            total = self._steps * len(self._done)
            try:
                self._report(Progress(sum(self._done), total, self._unit, self._message))
            except BaseException:
                self._over = True
                raise


def walk_models(
    history: History,
    makers: Makers,
    splits: Sequence[Fold],
    progress: WalkProgress,
    every: int = 1,
) -> list[FoldForecasts]:
    """Fit each model anew on every fold and forecast its test; folds run side by side.

    Every fit has its seed from its maker alone, so that the order in which
    folds end changes nothing. Of the test rows each `every`-th is forecast from.
    """
    work = [partial(_walk_fold, history, makers, fold, every) for fold in splits]
    return run_watched(history, work, progress)


def run_watched(
    history: History, work: Sequence[Callable[[], T]], progress: WalkProgress, first: int = 0
) -> list[T]:
    """Return what the pieces of work return, done side by side and told twice a second.

    They are the fits from number `first` on. What one raises, or the report,
    ends all.
    """
    progress.tell()
    history.prepare()
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [
            pool.submit(_counted, progress, number, each) for number, each in enumerate(work, first)
        ]
        try:
            _await(futures, progress)
        except BaseException:
            history.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _counted(progress: WalkProgress, number: int, work: Callable[[], T]) -> T:
    progress.begin(number)
    result = work()
    progress.end()
    return result


def _await(futures: Sequence[Future[T]], progress: WalkProgress) -> None:
    open_ = set(futures)
    while open_:
        done, open_ = wait(open_, timeout=PERIOD)
        for future in done:
            future.result()
        progress.tell()


def _walk_fold(history: History, makers: Makers, fold: Fold, every: int) -> FoldForecasts:
    forecasts, models = {}, {}
    rows = fold.test[::every]
    for name, make in makers.items():
        history.go_on()
        model = models[name] = make()
        model.fit(history, fold.train)
        forecasts[name] = model.predict(history, rows)
    return FoldForecasts(fold.train, fold.test, rows, forecasts, models)
