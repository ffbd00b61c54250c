"""Requests leave as a terminal's WebRequest sends them, and fail in its ways."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from feeds.simulator.metatrader.mql_text import Text, array_of, body_of, object_of
from feeds.simulator.metatrader.web_request import (
    BROKEN,
    CONNECT_FAILED,
    INVALID_ADDRESS,
    NOT_ALLOWED,
    TIMED_OUT,
    Answer,
    Unreliable,
    WebRequest,
)

OK = b'HTTP/1.1 201 Created\r\nContent-Length: 2\r\nETag: "x"\r\n\r\n{}'


@contextmanager
def listening(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address of a server that gives one answer (None: silence), and what it received."""
    received: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                received.append(connection.recv(65_536))
                if answer is None:
                    done.wait(10)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", received
        done.set()
        thread.join(10)


def test_a_request_has_the_bytes_that_a_terminal_sends() -> None:
    with listening(OK) as (url, received):
        headers = "X-API-Key: tck_1\r\nContent-Type: application/json\r\n"
        body = body_of(object_of(2, ticket=7, price=1.5, note=None))
        answer = WebRequest(url)("POST", "/api/executions", headers, body)
    assert received == [
        b"POST /api/executions HTTP/1.1\r\n"
        b"Host: " + url.removeprefix("http://").encode() + b"\r\n"
        b"User-Agent: MetaTrader 5 Terminal/5.4153 (Windows NT 10.0.19045; x64)\r\n"
        b"Accept: */*\r\n"
        b"X-API-Key: tck_1\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Length: 38\r\n"
        b"Connection: close\r\n\r\n"
        b'{"ticket":7,"price":1.50,"note":null}\0'
    ]
    assert (answer.status, answer.body, answer.header("etag")) == (201, b"{}", '"x"')


def test_the_ways_to_fail_have_their_numbers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert WebRequest(closed)("GET", "/").error == CONNECT_FAILED
    assert WebRequest(closed, allowed=["https://other"])("GET", "/").error == NOT_ALLOWED
    assert WebRequest("ftp://127.0.0.1")("GET", "/").error == INVALID_ADDRESS
    with listening(None) as (url, _):
        assert WebRequest(url, timeout_s=0.2)("GET", "/").error == TIMED_OUT
    with listening(b"") as (url, _):
        answer = WebRequest(url)("GET", "/")
    assert (answer.status, answer.came) == (BROKEN, False)


def test_text_is_flat_ascii_with_bounded_digits() -> None:
    text = object_of(5, a='Ge"ld ü\n', b=True, c=array_of([1, 2.0], 1), d=Text("0.50"))
    assert text == '{"a":"Ge\\"ld ??","b":true,"c":[1,2.0],"d":0.50}'
    assert body_of("{}", nul=False) == b"{}"


@pytest.mark.parametrize("seed", range(3))
def test_over_a_bad_line_every_request_arrives_some_late_and_some_answers_get_lost(
    seed: int,
) -> None:
    arrived: list[bytes] = []

    def server(method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        arrived.append(body)
        return Answer(201)

    line = Unreliable(server, seed=seed, lost=0.3, late=0.3)
    sent = [str(i).encode() for i in range(100)]
    answers = [line("POST", "/", "", body) for body in sent]
    line.send_held()
    assert sorted(arrived) == sorted(sent)
    assert arrived != sent
    assert 30 < sum(answer.came for answer in answers) < 80
    assert line("GET", "/").status == 201
