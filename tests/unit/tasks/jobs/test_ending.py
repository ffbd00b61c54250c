"""A worker hangs if messages wait and it neither takes one nor works on one."""

from tasks.jobs.ending import Watchdog


def _verdicts(*looks: tuple[float, int | None, int, int]) -> list[bool]:
    watchdog = Watchdog(timeout=20)
    return [watchdog.idle_for(*look) >= watchdog.timeout for look in looks]


def test_a_worker_that_takes_nothing_while_messages_wait_hangs_after_its_patience() -> None:
    assert _verdicts((0, 1, 5, 0), (2, 1, 5, 0), (21.9, 1, 5, 0), (22, 1, 5, 0)) == [
        False,
        False,
        False,
        True,
    ]


def test_a_worker_with_empty_queues_never_hangs() -> None:
    assert not any(_verdicts((0, 0, 5, 0), (10, 0, 5, 0), (100, 0, 5, 0)))


def test_a_worker_that_works_never_hangs_however_long_it_takes() -> None:
    assert not any(_verdicts((0, 3, 5, 1), (10, 3, 5, 1), (9_999, 3, 5, 1)))


def test_a_worker_that_takes_messages_never_hangs() -> None:
    assert not any(_verdicts((0, 3, 5, 0), (19, 3, 5, 0), (38, 3, 6, 0), (57, 3, 6, 0)))


def test_a_broker_that_does_not_answer_is_no_fault_of_the_worker() -> None:
    assert not any(_verdicts((0, 1, 5, 0), (15, None, 5, 0), (30, 1, 5, 0), (49, 1, 5, 0)))
