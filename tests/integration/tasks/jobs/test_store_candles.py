"""Candles that a caller brought, stored by a real worker and through crashes."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict

from core.errors import JobStopped, LeaseLost
from core.jobs import Job, JobState, Progress, asked
from core.requests import StoreCandles
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.candles.store_candles import store_candles
from tasks.jobs.held_job import Note
from tasks.task_table import STORE_CANDLES
from tests.integration.tasks.jobs.workbench import Workbench

SERIES = Series("file", "EURUSD", 3_600)
START = 1_704_067_200
REQUEST: dict[str, Any] = {"platform": "file", "symbol": "EURUSD", "resolution": 3_600}


def _candles(count: int, price: float = 1.0) -> Candles:
    return Candles.from_rows([[START + n * 3_600, *[price + n] * 4, 5] for n in range(count)])


def test_uploaded_candles_are_stored_and_the_upload_is_dropped(bench: Workbench) -> None:
    bench.worker("-Q", "stream,store", "-P", "prefork", "-c", "1")
    rejected = [{"index": 7, "reason": "high is below low"}]
    given = REQUEST | {"duplicates": 2, "rejected": rejected}

    job = bench.ended(
        bench.enqueue.begin(
            STORE_CANDLES, msgspec.convert(given, StoreCandles), candles=_candles(3)
        )
    )

    assert job.state == JobState.SUCCEEDED
    assert job.result == {
        "received": 3,
        "inserted": 3,
        "revised": 0,
        "unchanged": 0,
        "finished": 0,
        "duplicates": 2,
        "rejected": rejected,
        "first": "2024-01-01T00:00:00Z",
        "last": "2024-01-01T02:00:00Z",
        "grid": "00:00 UTC",
        "recognised": None,
        "warnings": [],
    }
    assert list(bench.stores.candles.read(SERIES).close) == [1.0, 2.0, 3.0]
    assert bench.stores.redis.keys("upload:*") == []


def test_storing_again_changes_nothing_and_revisions_are_counted(stores: Stores) -> None:
    assert _store(stores, _candles(3))["inserted"] == 3

    again = _store(stores, _candles(3))
    revised = _store(stores, _candles(4, price=9.0))

    assert (again["inserted"], again["revised"], again["unchanged"]) == (0, 0, 3)
    assert (revised["inserted"], revised["revised"]) == (1, 3)


def test_no_candles_are_stored_without_complaint(stores: Stores) -> None:
    assert _store(stores, Candles.empty())["inserted"] == 0


@pytest.mark.parametrize("notes", [1, 2])
def test_what_was_inserted_is_counted_right_after_a_killed_attempt(
    stores: Stores, notes: int
) -> None:
    job = _job(stores, _candles(3))
    kept: list[dict[str, Any]] = []

    def note(checkpoint: dict[str, Any]) -> None:
        kept.append(checkpoint)
        if len(kept) == notes:
            stores.candles.write(SERIES, _candles(3))  # the attempt got as far as this
            raise LeaseLost("killed")

    with pytest.raises(JobStopped):
        _run(stores, job, note)
    resumed = msgspec.structs.replace(job, checkpoint=kept[-1])

    assert _run(stores, resumed, kept.append)["inserted"] == 3


def _store(stores: Stores, candles: Candles) -> dict[str, Any]:
    return _run(stores, _job(stores, candles), lambda _: None)


def _run(stores: Stores, job: Job, note: Note) -> dict[str, Any]:
    return asdict(store_candles(stores, asked(job, StoreCandles), _hear, note))


def _job(stores: Stores, candles: Candles) -> Job:
    job = stores.jobs.create("store_candles", [("store_candles", "store")], REQUEST)
    stores.uploads.put(job.id, candles)
    return job


def _hear(progress: Progress) -> None:
    assert progress.done <= progress.total
