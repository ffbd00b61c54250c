"""Candles fetched from a replayed exchange by a real worker, and through crashes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict

from core.clock.times import format_time, now_ms
from core.errors import ExchangeRefused, ExchangeUnavailable, JobCancelled, LeaseLost
from core.jobs import Job, JobState, Progress, asked
from core.requests import FetchCandles
from core.series import Series
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from tasks.candles.collect_candles import FIRST_ANSWER_MS, collect_candles
from tasks.candles.given_up import GivenUp
from tasks.task_table import FETCH_CANDLES
from tests.integration.tasks.jobs.workbench import Workbench, eventually

SERIES = Series("coinbase", "BTC-USD", 3_600)
HOUR, START, COUNT = 3_600, 1_704_067_200, 1_300
# Two outages of the exchange: openings START+100h to +102h, and +700h.
MISSING = {100, 101, 102, 700}


def _rows() -> list[list[float]]:
    kept = [n for n in range(COUNT) if n not in MISSING]
    return [[START + n * HOUR, 10.0 + n, 12.0 + n, 9.0 + n, 11.0 + n, n / 4] for n in kept]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    file = folder / "candles" / "coinbase" / "BTC-USD" / "3600.csv"
    file.parent.mkdir(parents=True)
    lines = (",".join(map(repr, row)) for row in _rows())
    file.write_text("time,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    return folder


@pytest.fixture
def faulty(bench: Workbench, data: Path) -> Iterator[Workbench]:
    """An installation whose Coinbase fails often."""
    options = SimulatorOptions(data=data, fault="429@0.1,500@0.05,drop@0.05,gap@0.05", seed=7)
    with simulating(options) as address:
        urls = {"coinbase": address}
        bench.settings = bench.settings.model_copy(update={"exchange_urls": urls})
        yield bench


def _fetcher(bench: Workbench, name: str) -> "subprocess.Popen[bytes]":
    return bench.worker("-Q", "fetch", "-P", "threads", "-c", "2", app="tasks.main", name=name)


def _request(last: int = COUNT - 1) -> dict[str, Any]:
    span = {"start": START * 1_000, "end": (START + last * HOUR) * 1_000}
    return {"platform": "coinbase", "symbol": "BTC-USD", "resolution": HOUR, **span}


def _asked(**other: Any) -> FetchCandles:
    return FetchCandles(**_request() | other)


def _iso(hour: int) -> str:
    return format_time((START + hour * HOUR) * 1_000)


def test_every_candle_is_stored_once_past_faults_and_a_killed_worker(faulty: Workbench) -> None:
    worker = _fetcher(faulty, "first")
    job = faulty.enqueue.begin(FETCH_CANDLES, _asked())
    eventually(lambda: faulty.stores.jobs.get(job.id).checkpoint.get("cursor"))
    worker.kill()
    _fetcher(faulty, "second")

    ended = faulty.reaped_until_ended(job, stale_ms=3_000)

    assert ended.error is None
    assert ended.result is not None
    held = faulty.stores.candles.read(SERIES)
    rows = zip(held.time, held.open, held.high, held.low, held.close, held.volume, strict=True)
    assert [list(row) for row in rows] == _rows()
    result = ended.result
    assert (result["fetched"], result["inserted"]) == (len(_rows()), len(_rows()))
    assert (result["revised"], result["duplicates"], result["rejected"]) == (0, 0, 0)
    assert result["gaps"] == [[_iso(100), _iso(103)], [_iso(700), _iso(701)]]
    assert (result["first"], result["last"]) == (_iso(0), _iso(COUNT - 1))
    # 5 pages of 300; each hole is looked at again.
    assert 7 <= result["calls"] <= 12
    assert "coinbase" in faulty.stores.clocks.all()

    again = faulty.ended(faulty.enqueue.begin(FETCH_CANDLES, _asked()))
    assert again.result is not None
    assert (again.result["inserted"], again.result["revised"]) == (0, 0)


class FewCandles:
    """An exchange that has candles of 10 hours and pages of 4."""

    platform = "coinbase"
    page_limit = 4
    clock_offset_ms = 12

    def __init__(self, rows: list[list[float]] | None = None) -> None:
        self.rows = _rows()[:10] if rows is None else rows

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        return [row for row in self.rows if start_s <= row[0] <= end_s]


def _collect(stores: Stores, job: Job, exchange: FewCandles, crash_after: int = 99) -> Any:
    """Run the work as `run_step` does, with a crash after so many notes."""
    notes: list[dict[str, Any]] = []

    def note(checkpoint: dict[str, Any]) -> None:
        if len(notes) == crash_after:
            raise LeaseLost("killed")
        notes.append(checkpoint)

    def report(progress: Progress) -> None:
        assert 0 <= progress.done <= progress.total

    try:
        typed = asked(job, FetchCandles)
        return asdict(collect_candles(lambda _: exchange, stores, typed, report, note))  # type: ignore[arg-type,return-value]
    except LeaseLost:
        return notes[-1]


def _job(stores: Stores, request: dict[str, Any]) -> Job:
    return stores.jobs.create("fetch_candles", [("fetch_candles", "fetch")], request)


@pytest.mark.parametrize("crash_after", [1, 2, 3])
def test_what_was_inserted_is_counted_right_wherever_a_first_attempt_was_killed(
    stores: Stores, crash_after: int
) -> None:
    job = _job(stores, _request(last=9))
    noted = _collect(stores, job, FewCandles(), crash_after)

    resumed = msgspec.structs.replace(job, checkpoint=noted)
    result = _collect(stores, resumed, FewCandles())

    assert (result["inserted"], result["fetched"], result["calls"]) == (10, 10, 3)


def test_a_bad_row_of_the_exchange_is_counted_and_leaves_a_gap(stores: Stores) -> None:
    rows = _rows()[:10]
    rows[3] = [rows[3][0], -1.0, *rows[3][2:]]

    result = _collect(stores, _job(stores, _request(last=9)), FewCandles(rows))

    assert (result["rejected"], result["inserted"]) == (1, 9)
    assert result["gaps"] == [[_iso(3), _iso(4)]]


def test_candles_that_have_not_ended_are_no_gap(stores: Stores) -> None:
    job = _job(stores, {})
    hour = job.created_at // 3_600_000 * 3_600
    span = {"start": (hour - 2 * HOUR) * 1_000, "end": (hour + 50 * HOUR) * 1_000}
    job = msgspec.structs.replace(job, request=_request() | span)
    rows = [[hour - n * HOUR, 1.0, 1.0, 1.0, 1.0, 1.0] for n in (2, 1)]

    assert _collect(stores, job, FewCandles(rows))["gaps"] == []


class SilentExchange(FewCandles):
    """One that cannot be reached."""

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        raise ExchangeUnavailable("coinbase does not answer.")


def test_progress_says_what_a_fetch_waits_for(stores: Stores) -> None:
    job = _asked_typed(stores, started_at=now_ms())
    told: list[str] = []

    def report(progress: Progress) -> None:
        told.append(progress.message)
        if len(told) == 2:
            raise JobCancelled("seen")

    with pytest.raises(JobCancelled):
        collect_candles(lambda _: SilentExchange(), stores, job, report, lambda _: None)  # type: ignore[arg-type,return-value]
    assert told == ["asking coinbase", "waiting for coinbase: coinbase does not answer."]


def test_an_exchange_that_never_answered_is_given_up_after_two_minutes(stores: Stores) -> None:
    job = _asked_typed(stores, started_at=now_ms() - FIRST_ANSWER_MS - 1)
    with pytest.raises(GivenUp, match="coinbase has not answered in 2 minutes"):
        collect_candles(
            lambda _: SilentExchange(),
            stores,
            job,
            lambda _: None,
            lambda _: None,  # type: ignore[arg-type,return-value]
        )


def _asked_typed(stores: Stores, started_at: int) -> Job[FetchCandles]:
    job = msgspec.structs.replace(_job(stores, _request()), started_at=started_at)
    return asked(job, FetchCandles)


def test_a_symbol_that_the_exchange_does_not_know_fails_the_job_at_once(
    faulty: Workbench,
) -> None:
    _fetcher(faulty, "only")
    job = faulty.enqueue.begin(FETCH_CANDLES, _asked(symbol="NONE-USD"))

    ended = faulty.ended(job)

    assert ended.state == JobState.FAILED
    assert ended.error is not None
    assert ended.error.type == ExchangeRefused.type


def test_a_long_backfill_can_be_cancelled_between_pages(faulty: Workbench) -> None:
    faulty.settings = faulty.settings.model_copy(update={"backfill_sleep_ms": 2_000})
    _fetcher(faulty, "only")
    job = faulty.enqueue.begin(FETCH_CANDLES, _asked())
    faulty.in_state(job, "running")

    faulty.stores.jobs.cancel(job.id)

    assert faulty.ended(job, seconds=10).state == JobState.CANCELLED
