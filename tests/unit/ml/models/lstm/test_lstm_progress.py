"""Progress counts epochs over all fits, and is told often but not too often."""

import time

import pytest

from core.errors import JobCancelled
from core.jobs import Progress
from ml.models.lstm.progress import PERIOD, TrainingProgress


def test_epochs_left_out_by_early_stopping_count_as_done() -> None:
    heard: list[Progress] = []
    progress = TrainingProgress(heard.append, fits=3, epochs=5)

    progress.begin(0, "fold 1 of 2")
    progress.epoch(2)
    progress.begin(1, "fold 2 of 2")
    progress.epoch(1)
    progress.finish("scoring")

    assert [p.done for p in heard] == [0, 2, 5, 6, 15]
    assert {p.total for p in heard} == {15}
    assert [p.message for p in heard[-2:]] == ["fold 2 of 2", "scoring"]


def test_batches_are_told_twice_a_second_at_most() -> None:
    heard: list[Progress] = []
    progress = TrainingProgress(heard.append, fits=1, epochs=1)
    progress.begin(0, "fold 1 of 1")

    for _ in range(100):
        progress.batch()
    assert len(heard) == 1

    time.sleep(PERIOD)
    progress.batch()
    assert len(heard) == 2
    assert heard[1] == heard[0]


def test_what_the_report_raises_passes_through() -> None:
    def stop(progress: Progress) -> None:
        raise JobCancelled("cancelled")

    with pytest.raises(JobCancelled):
        TrainingProgress(stop, fits=1, epochs=1).epoch(1)
