from typing import Any

import pytest

from client import NotFound, ServerAway, TaskCancelled, TaskFailed, TaskPending, Tickcast
from client.tasks import Task
from client.transport import Transport
from client.waiting import wait_for

EVENTS, TASK = "/tasks/t1/events", "/tasks/t1"


@pytest.fixture
def transport(server: Any) -> Transport:
    return Transport(server.url, "a-key", attempts=1)


def _wait(transport: Transport, seen: list[Task], **more: Any) -> Task:
    return wait_for(transport, "t1", show=seen.append, sleep=lambda seconds: None, **more)


def test_every_state_that_events_bring_is_shown(server: Any, transport: Transport) -> None:
    running, ended = server.task("running", 3), server.task("succeeded", 10, result={"n": 1})
    server.answers("GET", EVENTS, server.events(server.task("queued"), running, ended))
    seen: list[Task] = []

    task = _wait(transport, seen)

    assert task.result == {"n": 1}
    assert [state.progress.done for state in seen] == [0, 3, 10]
    assert [asked.path for asked in server.asked] == [EVENTS]


def test_a_stream_that_breaks_is_taken_up_again(server: Any, transport: Transport) -> None:
    broken = server.events(server.task("running", 1))
    broken.missing = 10
    server.answers("GET", EVENTS, broken, server.events(server.task("succeeded", 10)))
    server.answers("GET", TASK, server.task_answer("running", 2))
    seen: list[Task] = []

    _wait(transport, seen, timeout_s=5)

    assert [state.progress.done for state in seen] == [1, 2, 10]


def test_a_server_without_events_is_asked_again_and_again(
    server: Any, transport: Transport
) -> None:
    states = [server.task_answer("queued"), server.task_answer("running"),
              server.task_answer("succeeded")]  # fmt: skip
    server.answers("GET", EVENTS, server.error(404, "not_found", "No such route."))
    server.answers("GET", TASK, *states)
    seen: list[Task] = []

    assert _wait(transport, seen).state == "succeeded"
    assert [state.state for state in seen] == ["queued", "running", "succeeded"]


def test_a_restart_of_the_server_is_waited_out(server: Any, transport: Transport) -> None:
    loading = server.error(503, "redis_unavailable", "Redis is loading.", Retry_After="1")
    server.answers("GET", EVENTS, loading)
    server.answers("GET", TASK, loading, loading, server.task_answer("succeeded"))

    assert _wait(transport, []).state == "succeeded"


def test_an_unknown_task_ends_the_waiting_at_once(server: Any, transport: Transport) -> None:
    server.answers("GET", EVENTS, server.error(404, "not_found", "There is no task t1."))
    server.answers("GET", TASK, server.error(404, "not_found", "There is no task t1."))

    with pytest.raises(NotFound):
        _wait(transport, [])


def test_waiting_ends_in_time_and_says_that_the_task_goes_on(
    server: Any, transport: Transport
) -> None:
    server.answers("GET", EVENTS, server.events(server.task("running", 1)))

    with pytest.raises(TaskPending, match="still running") as caught:
        _wait(transport, [], timeout_s=0)

    assert caught.value.task.progress.done == 1


def test_a_server_that_stays_away_is_not_waited_for_beyond_the_time_given() -> None:
    with pytest.raises(ServerAway):
        _wait(Transport("http://127.0.0.1:9", None), [], timeout_s=0)


def test_a_failed_task_raises_with_the_reason(server: Any, tickcast: Tickcast) -> None:
    reason = {"type": "worker_lost", "detail": "Its worker died three times."}
    server.answers("GET", TASK, server.task_answer("failed", error=reason))

    with pytest.raises(TaskFailed, match=r"Its worker died three times\.") as caught:
        tickcast.wait("t1")

    assert caught.value.task.error is not None
    assert caught.value.task.error.type == "worker_lost"


def test_a_cancelled_task_raises(server: Any, tickcast: Tickcast) -> None:
    server.answers("GET", TASK, server.task_answer("cancelled"))

    with pytest.raises(TaskCancelled):
        tickcast.wait("t1")
