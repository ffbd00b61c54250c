"""Tasks are shown, listed, waited for, followed and cancelled."""

import asyncio
import json
import time
import uuid
from typing import Any

import httpx
import pytest
from falcon.testing import Result

from core.jobs import Progress
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import advance, fail, finish

KLINE: dict[str, Any] = {"symbol": "BTC-USD", "start": "2024-01-01", "resolution": "1h"}
RESULT: dict[str, Any] = {"fetched": 2, "inserted": 2, "revised": 0, "calls": 1, "gaps": []}


async def _queue(api: Api) -> str:
    answer = await api("POST", "/ingest/kline/coinbase", json=KLINE)
    return str(answer.json["task_id"])


async def _queue_and_wait(
    api: Api, stores: Stores, prefer: str
) -> tuple["asyncio.Task[Result]", str]:
    """Begin to wait for a new task; return the wait and the task's id."""
    call = api("POST", "/ingest/kline/coinbase", json=KLINE, headers={"Prefer": prefer})
    waiting = asyncio.create_task(call)
    while not (found := stores.jobs.list()[0]):
        await asyncio.sleep(0.005)
    return waiting, found[0].id


async def test_a_task_shows_all_that_the_contract_says(api: Api, stores: Stores) -> None:
    task_id = await _queue(api)
    queued = (await api("GET", f"/tasks/{task_id}")).json
    assert queued.keys() >= {
        "task_id", "name", "state", "progress", "result", "error",
        "created_at", "started_at", "finished_at",
    }  # fmt: skip
    assert (queued["state"], queued["started_at"]) == ("queued", None)
    assert queued["subject"] == {
        "platform": "coinbase", "symbol": "BTC-USD", "resolution": 3_600,
    }  # fmt: skip
    assert queued["progress"] == {"done": 0, "total": 0, "unit": "", "message": ""}
    advance(stores, task_id, Progress(3, 9, "candles", "so far"))
    running = (await api("GET", f"/tasks/{task_id}")).json
    assert (running["state"], running["finished_at"]) == ("running", None)
    assert running["progress"] == {"done": 3, "total": 9, "unit": "candles", "message": "so far"}


async def test_an_unknown_task_is_a_404(api: Api) -> None:
    for task_id in (str(uuid.uuid4()), "none", "a b", "%00", "x" * 65, "%F0%9F%A6%9C"):
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
            assert (await api(method, f"/tasks/{task_id}{path}")).status_code == 404


async def test_tasks_are_listed_newest_first_in_pages_and_by_filter(
    api: Api, stores: Stores
) -> None:
    ids = [await _queue(api) for _ in range(4)]
    finish(stores, ids[0], RESULT)
    listed = (await api("GET", "/tasks")).json
    assert [task["task_id"] for task in listed["tasks"]] == ids[::-1]
    assert (listed["total"], listed["limit"], listed["offset"]) == (4, 50, 0)
    page = (await api("GET", "/tasks?limit=2&offset=1")).json
    assert [task["task_id"] for task in page["tasks"]] == [ids[2], ids[1]]
    done = (await api("GET", "/tasks?state=succeeded&name=fetch_candles")).json
    assert [task["task_id"] for task in done["tasks"]] == [ids[0]]
    assert (await api("GET", "/tasks?name=other")).json["total"] == 0


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "offset=-1", "state=lost", "name=a%20b", "offset=1e30"]
)
async def test_a_list_that_cannot_be_is_a_422(api: Api, query: str) -> None:
    assert (await api("GET", f"/tasks?{query}")).status_code == 422


async def test_a_waiting_task_is_cancelled_at_once_and_a_running_one_is_asked_to_stop(
    api: Api, stores: Stores
) -> None:
    waiting, running = await _queue(api), await _queue(api)
    advance(stores, running, Progress())
    cancelled = await api("DELETE", f"/tasks/{waiting}")
    asked = await api("DELETE", f"/tasks/{running}")
    assert (cancelled.status_code, cancelled.json["state"]) == (200, "cancelled")
    assert (asked.status_code, asked.json["state"]) == (202, "running")
    again = await api("DELETE", f"/tasks/{waiting}")
    assert again.status_code == 409


async def test_a_caller_who_waits_gets_the_result_as_soon_as_it_is_there(
    api: Api, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks by himself: only the word of the end brings it before the wait is over.
    monkeypatch.setattr("api.http.job_waiting._LOOK_SECONDS", 600.0)
    waiting, task_id = await _queue_and_wait(api, stores, "wait=20")
    await asyncio.sleep(0.3)
    await asyncio.to_thread(finish, stores, task_id, RESULT)
    answer = await asyncio.wait_for(waiting, 15)
    assert (answer.status_code, answer.json) == (200, RESULT)
    assert answer.headers["Preference-Applied"] == "wait=20"


async def test_a_caller_who_waits_is_told_even_if_no_word_of_the_end_arrives(
    api: Api, stores: Stores
) -> None:
    waiting, task_id = await _queue_and_wait(api, stores, "wait=20")
    await asyncio.to_thread(finish, stores, task_id, RESULT, told=False)
    assert (await asyncio.wait_for(waiting, 15)).status_code == 200


async def test_a_wait_ends_with_202_when_its_time_is_over(api: Api, stores: Stores) -> None:
    began = time.monotonic()
    headers = {"Prefer": "wait=1"}
    answer = await api("POST", "/ingest/kline/coinbase", json=KLINE, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["Location"] == answer.json["href"]
    # Nobody ends the task: nothing but the caller's second can have ended the wait.
    assert time.monotonic() - began > 0.9


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("exchange_refused", 422),
        ("exchange_unavailable", 503),
        ("worker_lost", 503),
        ("internal_error", 500),
    ],
)
async def test_a_caller_who_waits_hears_why_it_failed(
    api: Api, stores: Stores, kind: str, status: int
) -> None:
    waiting, task_id = await _queue_and_wait(api, stores, "wait=20")
    await asyncio.to_thread(fail, stores, task_id, kind)
    answer = await waiting
    assert answer.status_code == status
    assert answer.json.items() >= {
        "error": kind, "detail": "That is why.", "task_id": task_id
    }.items()  # fmt: skip
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_a_caller_who_waits_for_a_cancelled_task_gets_a_409(api: Api, stores: Stores) -> None:
    waiting, task_id = await _queue_and_wait(api, stores, "wait=20")
    await api("DELETE", f"/tasks/{task_id}")
    answer = await asyncio.wait_for(waiting, 5)
    assert (answer.status_code, answer.json["error"]) == (409, "cancelled")


async def test_many_wait_without_holding_a_thread_each(api: Api, stores: Stores) -> None:
    task_id = await _queue(api)
    calls = [
        api("POST", "/ingest/kline/coinbase", json=KLINE, headers={"Prefer": "wait=30"})
        for _ in range(100)
    ]
    waiting = asyncio.gather(*calls)
    while stores.jobs.list()[1] < 101:
        await asyncio.sleep(0.05)
    # All 100 wait, on 32 threads: another call is served all the same.
    answer = await asyncio.wait_for(api("GET", f"/tasks/{task_id}"), 5)
    assert answer.status_code == 200
    for job in stores.jobs.list(limit=200)[0]:
        await asyncio.to_thread(finish, stores, job.id, RESULT)
    assert {answer.status_code for answer in await waiting} == {200}


async def test_events_tell_of_progress_and_end_with_the_task(
    api: Api, web: httpx.AsyncClient, stores: Stores
) -> None:
    task_id = await _queue(api)
    following = asyncio.create_task(web.get(f"/tasks/{task_id}/events"))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(finish, stores, task_id, RESULT)
    answer = await asyncio.wait_for(following, 5)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    blocks = [block for block in answer.text.split("\n\n") if not block.startswith(":") and block]
    assert all(block.startswith("event: task\ndata: ") for block in blocks)
    states = [json.loads(block.split("data: ", 1)[1]) for block in blocks]
    assert [state["state"] for state in states] == ["queued", "succeeded"]
    assert states[-1] == (await api("GET", f"/tasks/{task_id}")).json


async def test_events_of_a_task_that_has_ended_are_its_end(api: Api, stores: Stores) -> None:
    task_id = await _queue(api)
    finish(stores, task_id, RESULT)
    answer = await api("GET", f"/tasks/{task_id}/events")
    assert answer.text.count("event: task") == 1
    assert '"state":"succeeded"' in answer.text


async def test_a_server_that_stops_answers_those_who_wait_and_ends_their_streams(
    web: httpx.AsyncClient, api: Api, stores: Stores
) -> None:
    task_id = await _queue(api)
    before = asyncio.all_tasks()
    headers = {"Prefer": "wait=30"}
    waiting = asyncio.create_task(web.post("/ingest/kline/coinbase", json=KLINE, headers=headers))
    following = asyncio.create_task(web.get(f"/tasks/{task_id}/events"))
    await asyncio.sleep(0.5)
    assert {waiting, following} <= asyncio.all_tasks() - before
    waiting.cancel()
    following.cancel()
    assert (await waiting).status_code == 202
    assert (await following).text.count("event: task") == 1


async def test_head_of_events_does_not_stay(api: Api) -> None:
    task_id = await _queue(api)
    answer = await asyncio.wait_for(api("HEAD", f"/tasks/{task_id}/events"), 3)
    assert (answer.status_code, answer.content) == (200, b"")
