"""Progress counts folds, or epochs over all fits, and only goes forward."""

import threading

import pytest

from core.errors import JobCancelled
from core.jobs import Progress
from ml.evaluation.walk import WalkProgress


def test_epochs_left_out_by_early_stopping_count_as_done() -> None:
    heard: list[Progress] = []
    progress = WalkProgress(heard.append, steps=5)
    progress.start(2, refits=True)

    progress.begin(0)
    progress.epoch(2)
    progress.end()
    progress.begin(1)
    progress.epoch(1)
    progress.tell("scoring")

    assert [p.done for p in heard] == [2, 5, 6, 6]
    assert {p.total for p in heard} == {15}
    assert {p.unit for p in heard} == {"epochs"}
    assert [p.message for p in heard[-2:]] == ["walking forward", "scoring"]


def test_folds_are_counted_where_a_fit_has_no_epochs_and_the_last_fit_is_none() -> None:
    heard: list[Progress] = []
    progress = WalkProgress(heard.append, steps=1)
    progress.start(2, refits=True)
    for fit in range(3):
        progress.begin(fit)
        progress.end()

    assert [(p.done, p.total, p.unit) for p in heard] == [(1, 2, "folds"), (2, 2, "folds")]


def test_threads_count_their_own_fits() -> None:
    heard: list[Progress] = []
    progress = WalkProgress(heard.append, steps=4)
    progress.start(2)

    def fit(number: int) -> None:
        progress.begin(number)
        progress.epoch(1 + number)

    for number in range(2):
        thread = threading.Thread(target=fit, args=(number,))
        thread.start()
        thread.join()

    assert heard[-1].done == 3


def test_what_the_report_raises_passes_through_and_nothing_is_told_after() -> None:
    heard: list[Progress] = []

    def stop(progress: Progress) -> None:
        heard.append(progress)
        raise JobCancelled("cancelled")

    progress = WalkProgress(stop, steps=5)
    progress.start(1)
    progress.begin(0)
    with pytest.raises(JobCancelled):
        progress.epoch(1)
    progress.epoch(2)

    assert [p.done for p in heard] == [1]
