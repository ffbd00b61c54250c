"""One id leads from a caller's answer to the lines of the api and of the worker."""

import uuid

import httpx

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import ended_task, wait_for

ROW = [1_735_689_600, 1.0, 2.0, 0.5, 1.5, 10.0]


def test_the_worker_s_lines_name_the_request_that_caused_the_work(
    stack: RunningTickcast, http: httpx.Client
) -> None:
    name = f"req-{uuid.uuid4().hex[:12]}"
    body = {"symbol": "IDS", "resolution": "1h", "candles": [ROW]}
    headers = {"X-Request-ID": name}

    answer = http.post("/ingest/candles/file", json=body, headers=headers)

    assert answer.headers["X-Request-ID"] == name
    ended_task(http, answer.json()["task_id"])

    def processes() -> set[str]:
        lines = [line for line in stack.printed().splitlines() if f"request_id={name}" in line]
        return {line.split()[1] for line in lines}

    wait_for(lambda: {"api", "stream"} <= processes(), 10, f"lines of {name} ({processes()})")
