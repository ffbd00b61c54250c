"""Candles come in: fetched from an exchange, or brought by the caller."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core.clock.times import now_ms
from core.jobs import Job
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.work import START

KLINE: dict[str, Any] = {"symbol": "BTC-USD", "start": "2024-01-01", "resolution": "1h"}
ROW = [START, 1.0, 3.0, 0.5, 2.0, 10.0]
UPLOAD: dict[str, Any] = {"symbol": "EUR/USD", "resolution": "1h", "candles": [ROW]}


def _jobs(stores: Stores) -> list[Job]:
    return stores.jobs.list()[0]


async def test_fetching_is_queued_with_all_that_the_worker_needs(api: Api, stores: Stores) -> None:
    answer = await api("POST", "/ingest/kline/coinbase", json={**KLINE, "symbol": "BTC/USD"})
    assert answer.status_code == 202
    [job] = _jobs(stores)
    assert answer.json == {
        "status": "queued",
        "task_id": job.id,
        "href": f"/tasks/{job.id}",
    }
    assert answer.headers["Location"] == f"/tasks/{job.id}"
    assert job.name == "fetch_candles"
    until = job.request.pop("end")
    assert abs(until - now_ms()) < 60_000
    assert job.request == {
        "platform": "coinbase",
        "symbol": "BTC-USD",
        "resolution": 3_600,
        "start": 1_704_067_200_000,
    }


@pytest.mark.parametrize(
    ("platform", "change", "status", "said"),
    [
        ("coinbse", {}, 404, "Nearest: coinbase"),
        ("nothing-like-it-xyz", {}, 404, "platform is not one"),
        ("coinbase", {"resolution": "7m"}, 422, "resolution is not one of"),
        ("coinbase", {"resolution": "3m"}, 422, "coinbase offers candles of"),
        ("coinbase", {"resolution": None}, 422, "resolution: expected"),
        ("coinbase", {"start": "2999-01-01"}, 422, "start must be an ISO 8601 time"),
        ("coinbase", {"start": "2099-01-01"}, 422, "start lies in the future"),
        ("coinbase", {"end": "2024-01-01"}, 422, "start must be before end"),
        ("coinbase", {"end": "2023-01-01"}, 422, "start must be before end"),
        ("coinbase", {"start": 0, "resolution": 60}, 422, "the limit is"),
        ("coinbase", {"symbol": "BTC USD"}, 422, "symbol must be 1 to 64 letters"),
        ("coinbase", {"symbol": "BTC{USD}"}, 422, "symbol must be 1 to 64 letters"),
        ("coinbase", {"symbol": "BTC/US/D\n"}, 422, "symbol must be 1 to 64 letters"),
        ("coinbase", {"limit": 5}, 422, "limit is no field"),
    ],
)
async def test_fetching_that_cannot_be_is_refused_and_nothing_is_queued(
    api: Api, stores: Stores, platform: str, change: dict[str, Any], status: int, said: str
) -> None:
    answer = await api("POST", f"/ingest/kline/{platform}", json={**KLINE, **change})
    assert (answer.status_code, said in answer.json["detail"]) == (status, True)
    assert _jobs(stores) == []


async def test_json_rows_are_checked_and_handed_to_the_worker(api: Api, stores: Stores) -> None:
    rows = [[START + 3_600, 1, 3, 0.5, 2, 10], ROW, [START, 1, 3, 0.5, 2.5, 10, 4]]
    answer = await api("POST", "/ingest/candles/file", json={**UPLOAD, "candles": rows})
    assert answer.status_code == 202
    assert answer.json.items() >= {"accepted": 2, "duplicates": 1, "rejected": []}.items()
    [job] = _jobs(stores)
    assert job.request.items() >= {"platform": "file", "symbol": "EUR-USD"}.items()
    held = stores.uploads.get(job.id)
    assert held.time.tolist() == [START, START + 3_600]
    assert held.close.tolist() == [2.5, 2.0]
    assert held.trades.tolist() == [4, -1]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-ndjson", json.dumps(ROW) + "\n\n" + json.dumps([START + 3_600, *ROW[1:]])),
        ("text/csv", f"{START},1,3,.5,2,10\n{START + 3_600},1,3,.5,2,10\n"),
        ("text/csv; charset=utf-8", f"volume,close,low,high,open,time\n10,2,.5,3,1,{START}000\n"),
    ],
)
async def test_ndjson_and_csv_name_their_series_in_the_query(
    api: Api, stores: Stores, kind: str, body: str
) -> None:
    path = "/ingest/candles/file?symbol=EURUSD&resolution=1h"
    answer = await api("POST", path, headers={"Content-Type": kind}, body=body)
    assert answer.status_code == 202
    assert stores.uploads.get(answer.json["task_id"]).close.tolist()[0] == 2.0
    missing = await api("POST", "/ingest/candles/file", headers={"Content-Type": kind}, body=body)
    assert missing.status_code == 422
    assert "symbol and resolution are required in the query" in missing.json["detail"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([START + 1, *ROW[1:]], "time is no multiple of 3600 s"),
        ([START, 1.0, 0.4, 0.5, 0.45, 1.0], "high is below low"),
        ([START, 1.0, 3.0, 0.5, 3.5, 1.0], "close lies outside"),
        ([START, -1.0, 3.0, 0.5, 2.0, 1.0], "greater than 0"),
        ([START, 1.0, 3.0, 0.5, 2.0, -1.0], "volume is negative"),
        ([START, 1.0, 3.0, 0.5, None, 1.0], "close is not a number"),
        ([START, 1.0, 3.0], "not 6 or 7 values"),
        ([4_000_000_000 // 3_600 * 3_600, *ROW[1:]], "future"),
    ],
)
async def test_a_bad_row_refuses_all_unless_it_may_be_skipped(
    api: Api, stores: Stores, row: list[Any], reason: str
) -> None:
    good = [START + 7_200, *ROW[1:]]
    body = {**UPLOAD, "candles": [good, row, good, row]}
    refused = await api("POST", "/ingest/candles/file", json=body)
    assert refused.status_code == 422
    assert refused.json["detail"].startswith("candles[1]: ")
    assert reason in refused.json["detail"]
    assert _jobs(stores) == []
    skipped = await api("POST", "/ingest/candles/file?on_error=skip", json=body)
    assert skipped.status_code == 202
    assert [found["index"] for found in skipped.json["rejected"]] == [1, 3]
    assert reason in skipped.json["rejected"][0]["reason"]
    [job] = _jobs(stores)
    assert job.request["rejected"] == skipped.json["rejected"]


async def test_times_from_1e11_on_are_milliseconds_and_iso_is_read_too(
    api: Api, stores: Stores
) -> None:
    rows = [[START * 1_000, *ROW[1:]], ["2024-01-01T00:00:00Z", *ROW[1:]]]
    answer = await api("POST", "/ingest/candles/file", json={**UPLOAD, "candles": rows})
    assert stores.uploads.get(answer.json["task_id"]).time.tolist() == [START, 1_704_067_200]


async def test_an_unfinished_candle_is_marked_and_an_odd_open_kept(
    api: Api, stores: Stores
) -> None:
    with time_machine.travel(timedelta(seconds=START + 60).total_seconds(), tick=True):
        row = [START, 9.0, 3.0, 0.5, 2.0, 10.0]
        answer = await api("POST", "/ingest/candles/file", json={**UPLOAD, "candles": [row]})
    assert answer.status_code == 202
    assert stores.uploads.get(answer.json["task_id"]).flags.tolist() == [1 | 16]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**UPLOAD, "candles": []}, 422),
        ({**UPLOAD, "candles": [[1]] * 100_001}, 413),
        ({**UPLOAD, "resolution": "1w"}, 422),
        ({**UPLOAD, "symbol": "a b"}, 422),
        ({"symbol": "A", "resolution": 60}, 422),
        ([ROW], 422),
    ],
)
async def test_an_upload_that_cannot_be_is_refused(
    api: Api, stores: Stores, body: Any, status: int
) -> None:
    answer = await api("POST", "/ingest/candles/file?on_error=skip", json=body)
    assert answer.status_code == status
    assert _jobs(stores) == []


async def test_a_platform_that_is_no_name_is_refused(api: Api) -> None:
    for platform in ("a b", "a:b", "%7Bx%7D", "%0d%0a", ".."):
        answer = await api("POST", f"/ingest/candles/{platform}", json=UPLOAD)
        assert answer.status_code in (404, 422)
