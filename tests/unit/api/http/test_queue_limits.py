"""A full queue turns callers away, and is not asked about at every call."""

from typing import Any

import pytest

from api.http.queue_limits import LIMITS, QueueLimits
from core.errors import TooManyRequests
from tasks.task_table import QUEUES


class FakeEnqueue:
    """Queues of a length that the test sets; counts how often it was asked."""

    def __init__(self) -> None:
        self.lengths = {"train": 0}
        self.asked = 0

    def queue_lengths(self) -> dict[str, int]:
        self.asked += 1
        return dict(self.lengths)


@pytest.fixture
def enqueue() -> Any:
    return FakeEnqueue()


async def test_a_queue_takes_up_to_its_limit(enqueue: Any) -> None:
    now = [0.0]
    limits = QueueLimits(enqueue, None, {"train": (2, 60)}, lambda: now[0])
    for length, later in ((0, 1), (1, 2)):
        enqueue.lengths["train"] = length
        now[0] = later
        await limits.check("train")
    enqueue.lengths["train"] = 2
    now[0] = 3
    with pytest.raises(TooManyRequests, match="2 tasks wait") as refused:
        await limits.check("train")
    assert refused.value.retry_after == 60


async def test_lengths_are_believed_for_a_moment(enqueue: Any) -> None:
    now = [0.0]
    limits = QueueLimits(enqueue, None, {"train": (2, 60)}, lambda: now[0])
    for moment in (0.0, 0.1, 0.19, 0.3, 0.4):
        now[0] = moment
        await limits.check("train")
    assert enqueue.asked == 2


def test_every_limit_is_that_of_a_queue() -> None:
    assert set(QUEUES) >= LIMITS.keys()
