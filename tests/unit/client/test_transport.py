from typing import Any

import pytest

from client import ServerAway, Tickcast, Unavailable, errors
from client.transport import Transport


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def transport(server: Any, pauses: list[float]) -> Transport:
    return Transport(server.url, "a-key", attempts=3, sleep=pauses.append)


def test_the_key_is_sent_in_its_header_and_nowhere_else(server: Any, transport: Transport) -> None:
    server.answers("GET", "/health", server.answer({}))

    transport.send("GET", "/health", params={"limit": 5, "cursor": None})

    asked = server.asked[0]
    assert asked.headers["x-api-key"] == "a-key"
    assert asked.query == {"limit": "5"}


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_is_tried_again_after_the_pause_that_the_server_asks_for(
    server: Any, transport: Transport, pauses: list[float], status: int
) -> None:
    busy = server.error(status, "busy", "Try again.", Retry_After="7")
    server.answers("POST", "/lstm/train", busy, server.answer({"fine": True}))

    answer = transport.send("POST", "/lstm/train", json={"a": 1})

    assert answer.json() == {"fine": True}
    assert pauses == [7]
    assert [asked.body for asked in server.asked] == [b'{"a":1}'] * 2


def test_attempts_are_bounded(server: Any, transport: Transport, pauses: list[float]) -> None:
    server.answers("GET", "/tasks", server.error(503, "redis_unavailable", "Redis is away."))

    with pytest.raises(Unavailable, match="Redis is away"):
        transport.send("GET", "/tasks")

    assert len(server.asked) == 3
    assert pauses == [0.5, 1.0]


def test_a_pause_of_more_than_a_minute_is_left_to_the_caller(
    server: Any, transport: Transport, pauses: list[float]
) -> None:
    busy = server.error(429, "too_many_requests", "Too many.", Retry_After="3600")
    server.answers("GET", "/tasks", busy)

    with pytest.raises(errors.TooManyRequests) as caught:
        transport.send("GET", "/tasks")

    assert caught.value.retry_after == 3600
    assert pauses == []


def test_other_errors_are_not_tried_again(server: Any, transport: Transport) -> None:
    server.answers("GET", "/tasks", server.error(500, "internal_error", "A fault of ours."))

    with pytest.raises(errors.ServerError):
        transport.send("GET", "/tasks")

    assert len(server.asked) == 1


def test_a_missing_key_is_told_apart_from_a_wrong_one(server: Any) -> None:
    refusal = server.error(401, "unauthorized", "X-API-Key must hold a valid key.")
    server.answers("GET", "/tasks", refusal)

    with pytest.raises(errors.Unauthorized) as without:
        Transport(server.url).send("GET", "/tasks")
    with pytest.raises(errors.Unauthorized) as wrong:
        Transport(server.url, "wrong").send("GET", "/tasks")

    assert "set TICKCAST_API_KEY" in without.value.detail
    assert wrong.value.detail == "X-API-Key must hold a valid key."


def test_a_server_that_is_not_there_is_named_with_what_to_do() -> None:
    with Tickcast("http://127.0.0.1:9", "a-key") as tickcast, pytest.raises(ServerAway) as caught:
        tickcast.status()

    assert "http://127.0.0.1:9" in caught.value.detail
    assert "make run" in caught.value.detail


def test_an_unhealthy_server_still_tells_its_status(server: Any, tickcast: Tickcast) -> None:
    server.answers("GET", "/health", server.answer({"status": "unhealthy"}, 503))

    assert tickcast.status() == {"status": "unhealthy"}
    assert len(server.asked) == 1


def test_events_skip_comments_and_join_lines(server: Any, transport: Transport) -> None:
    stream = b": ping\n\nevent: task\nid: 1\ndata: one\ndata: two\n\ndata:three\n\n: ping\n\n"
    server.answers("GET", "/e", server.answer(stream))

    assert list(transport.events("/e")) == [b"one\ntwo", b"three"]


def test_an_event_stream_that_breaks_is_a_server_that_went_away(
    server: Any, transport: Transport
) -> None:
    server.answers("GET", "/e", server.answer(b"data: one\n\n", missing=100))

    with pytest.raises(ServerAway):
        list(transport.events("/e", patience_s=0.3))
