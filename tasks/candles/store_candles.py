"""Candles that a caller brought, stored."""

from typing import Any

from core.jobs import Job, Progress
from core.times import format_time
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report
from tasks.jobs.requests import requested_series


def store_candles(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    """Store a job's upload and return how many candles were new, revised or known.

    The result is noted before the upload is dropped, so that a retry finds
    either of them. `inserted` is a difference of counts, and so is right even if
    a first try was killed halfway; the other counts are those of the last try.
    """
    result: dict[str, Any] | None = job.checkpoint.get("result")
    if result is None:
        result = _store(stores, job, report, note)
        note({"result": result})
    stores.uploads.drop(job.id)
    return result


def _store(stores: Stores, job: Job, report: Report, note: Note) -> dict[str, Any]:
    series = requested_series(job.request)
    candles = stores.uploads.get(job.id)
    report(Progress(0, len(candles), "candles"))
    if not len(candles):
        return _result(job, 0)
    first, last = int(candles.time[0]), int(candles.time[-1])
    held = job.checkpoint.get("held")
    if held is None:
        held = stores.candles.count(series, first, last)
        note({"held": held})
    written = stores.candles.write(series, candles)
    report(Progress(len(candles), len(candles), "candles"))
    return _result(job, len(candles)) | {
        "inserted": stores.candles.count(series, first, last) - held,
        "revised": written.revised,
        "unchanged": written.unchanged,
        "finished": written.finished,
        "first": format_time(first * 1_000),
        "last": format_time(last * 1_000),
    }


def _result(job: Job, received: int) -> dict[str, Any]:
    return {
        "received": received,
        "inserted": 0,
        "revised": 0,
        "unchanged": 0,
        "finished": 0,
        "first": None,
        "last": None,
        "duplicates": job.request.get("duplicates", 0),
        "rejected": job.request.get("rejected", []),
    }
