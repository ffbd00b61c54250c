"""Candles that a caller brought, stored."""

import msgspec

from core.answers.candles import CandlesStored
from core.clock.grids import parse_grid
from core.clock.times import format_time
from core.jobs import Job, Progress
from core.requests import StoreCandles
from storage.candles.series_facts import SeriesFacts
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report


def store_candles(
    stores: Stores, job: Job[StoreCandles], report: Report, note: Note
) -> CandlesStored:
    """Store a job's upload and return how many candles were new, revised or known.

    The result is noted before the upload is dropped, so that a retry finds
    either of them. `inserted` is a difference of counts, and so is right even if
    a first try was killed halfway; the other counts are those of the last try.
    """
    if noted := job.checkpoint.get("result"):
        result = msgspec.convert(noted, CandlesStored)
    else:
        result = _store(stores, job, report, note)
        note({"result": msgspec.to_builtins(result)})
    stores.uploads.drop(job.id)
    return result


def _store(stores: Stores, job: Job[StoreCandles], report: Report, note: Note) -> CandlesStored:
    series, result = job.request.series, _nothing(job.request)
    candles = stores.uploads.get(job.id)
    _settle(stores, job.request)
    report(Progress(0, len(candles), "candles"))
    if not len(candles):
        return result
    first, last = int(candles.time[0]), int(candles.time[-1])
    held = job.checkpoint.get("held")
    if held is None:
        held = stores.candles.count(series, first, last)
        note({"held": held})
    written = stores.candles.write(series, candles)
    report(Progress(len(candles), len(candles), "candles"))
    return msgspec.structs.replace(
        result,
        received=len(candles),
        inserted=stores.candles.count(series, first, last) - held,
        revised=written.revised,
        unchanged=written.unchanged,
        finished=written.finished,
        first=format_time(first * 1_000),
        last=format_time(last * 1_000),
    )


def _nothing(request: StoreCandles) -> CandlesStored:
    return CandlesStored(
        *(0, 0, 0, 0, 0, None, None),
        request.duplicates,
        request.rejected,
        request.grid,
        request.recognised,
        request.warnings,
    )


def _settle(stores: Stores, request: StoreCandles) -> None:
    """Keep the grid and the zone by which the upload was checked."""
    facts = SeriesFacts(parse_grid(request.grid), request.zone)
    stores.facts.settle(request.series, facts, replace=request.grid_given)
