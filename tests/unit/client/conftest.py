"""A scripted server at the outside edge: it records what it is asked and answers as told."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from client import Tickcast


@dataclass
class Answer:
    """One answer; `missing` bytes are promised and never sent, so that the connection breaks."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


@dataclass
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class FakeServer:
    """Answers in the order told; the last answer to a route is repeated."""

    answer = Answer

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def answers(self, method: str, path: str, *answers: Answer) -> None:
        self._answers[method, path] += answers

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        scripted = self._answers[asked.method, asked.path]
        if not scripted:
            return self.error(404, "not_found", "There is no such route.")
        return scripted.pop(0) if len(scripted) > 1 else scripted[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = dict(parse_qsl(parts.query))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = server._next(Asked(self.command, parts.path, query, headers, body))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content) + answer.missing))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_DELETE = do  # noqa: N815 (the base class's names)

            def log_message(self, *_: object) -> None: ...

        return Handler

    @staticmethod
    def error(status: int, kind: str, detail: str, **headers: str) -> Answer:
        """An error in the house form."""
        body = {"error": kind, "detail": detail, "timestamp": "2026-01-01T00:00:00Z",
                "request_id": "req-1"}  # fmt: skip
        return Answer(
            body, status, {name.replace("_", "-"): value for name, value in headers.items()}
        )

    @staticmethod
    def task(state: str, done: int = 0, **more: Any) -> dict[str, Any]:
        """A task's body as the server tells it."""
        return {
            "task_id": "t1",
            "name": "train_lstm_from_redis",
            "state": state,
            "progress": {"done": done, "total": 10, "unit": "epochs", "message": ""},
            "result": None,
            "error": None,
            "created_at": "2026-01-01T00:00:00Z",
            "started_at": None if state == "queued" else "2026-01-01T00:00:01Z",
            "finished_at": None,
        } | more

    @classmethod
    def task_answer(cls, state: str, done: int = 0, **more: Any) -> Answer:
        """The answer that tells of a task."""
        return Answer(cls.task(state, done, **more))

    @staticmethod
    def events(*states: dict[str, Any]) -> Answer:
        """A stream of Server-Sent Events, with the comment lines of an idle one between."""
        blocks = [b": ping\n\ndata: " + msgspec.json.encode(state) + b"\n\n" for state in states]
        return Answer(b"".join(blocks), headers={"Content-Type": "text/event-stream"})


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


@pytest.fixture
def tickcast(server: FakeServer) -> Iterator[Tickcast]:
    with Tickcast(server.url, "a-key", progress=False) as client:
        yield client
