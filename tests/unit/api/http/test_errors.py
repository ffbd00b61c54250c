"""Every error has one answer."""

from collections.abc import Iterator

import pytest

from api.http.errors import TaskFailed, status_by_type
from core import errors
from core.jobs import JobError


def _kinds(root: type[errors.TickcastError]) -> Iterator[type[errors.TickcastError]]:
    yield root
    for kind in root.__subclasses__():
        if kind is not TaskFailed:
            yield from _kinds(kind)


@pytest.mark.parametrize("kind", sorted(set(_kinds(errors.TickcastError)), key=str))
def test_a_task_that_failed_is_answered_like_the_error_that_ended_it(
    kind: type[errors.TickcastError],
) -> None:
    if kind is errors.JobCancelled:
        return  # a caller who waits for a task that somebody cancelled: 409
    failed = TaskFailed("1", JobError(kind.type, "Why."))
    assert (failed.status, failed.type, failed.detail) == (kind.status, kind.type, "Why.")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("exchange_refused", 422),
        ("exchange_unavailable", 503),
        ("worker_lost", 503),
        ("cancelled", 409),
        ("internal_error", 500),
        ("of_a_later_version", 500),
    ],
)
def test_the_type_of_a_tasks_error_sets_the_status(kind: str, status: int) -> None:
    assert TaskFailed("1", JobError(kind, "Why.")).status == status


def test_only_503_asks_to_come_again() -> None:
    for kind, status in status_by_type().items():
        failed = TaskFailed("1", JobError(kind, "Why."))
        assert (failed.retry_after is not None) == (status == 503)
