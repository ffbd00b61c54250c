"""Gaps filled from an exchange: only what is missing, gently, and on from where it stopped."""

import threading
import time
from typing import Any

import msgspec
import pytest

from core.errors import ExchangeUnavailable, JobCancelled
from core.jobs import Job, JobState, Progress, asked
from core.requests import BackfillCandles
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.stores import Stores
from tasks.candles.backfill_candles import backfill_candles
from tasks.candles.given_up import GivenUp

SERIES = Series("binance", "BTCUSDT", 300)
START, COUNT = 1_700_000_100, 400
END = START + COUNT * 300


def _row(opening: int) -> list[float]:
    return [opening, 10.0, 12.0, 9.0, 11.0, 1.0]


class Exchange:
    """An exchange that has every candle but those of an outage, and notes what it is asked."""

    platform, page_limit, clock_offset_ms = "binance", 1_000, None

    def __init__(self, outage: range = range(0), away_after: int = 10**9) -> None:
        self.asked: list[tuple[int, int]] = []
        self._outage = outage
        self._away_after = away_after

    def fetch_page(self, symbol: str, resolution: int, first: int, last: int) -> list[Any]:
        if len(self.asked) >= self._away_after:
            raise ExchangeUnavailable("It is away.")
        self.asked.append(((first - START) // 300, (last - START) // 300))
        openings = range(first, last + 1, resolution)
        return [_row(at) for at in openings if (at - START) // 300 not in self._outage]


def _hold(stores: Stores, *missing: range) -> None:
    kept = [n for n in range(COUNT) if not any(n in gap for gap in missing)]
    stores.candles.write(SERIES, Candles.from_rows([_row(START + n * 300) for n in kept]))


def _job(checkpoint: dict[str, Any] | None = None, **more: Any) -> Job:
    request = msgspec.structs.asdict(SERIES) | {"days": 2, "start": START, "end": END}
    request |= {"sleep_ms": 0, "limit": 1_000} | more
    running = JobState.RUNNING
    return Job("1", "fill", running, ["fill"], 0, request, checkpoint or {}, Progress(), 1, 0)


class Run:
    """One attempt at the work, which is cancelled after so many notes."""

    def __init__(self, stores: Stores, exchange: Exchange, stop_after: int = 10**9) -> None:
        self.noted: list[dict[str, Any]] = []
        self._stores, self._exchange, self._stop_after = stores, exchange, stop_after

    def __call__(self, job: Job) -> dict[str, Any]:
        answer = backfill_candles(
            lambda _: self._exchange,  # type: ignore[arg-type,return-value]
            self._stores,
            asked(job, BackfillCandles),
            lambda _: None,
            self._note,
        )
        return msgspec.structs.asdict(answer)

    def _note(self, checkpoint: dict[str, Any]) -> None:
        self.noted.append(checkpoint)
        if len(self.noted) > self._stop_after:
            raise JobCancelled("Enough.")


def test_only_gaps_are_asked_for_in_pages_of_the_limit(stores: Stores) -> None:
    _hold(stores, range(50, 60), range(100, 350))
    exchange = Exchange()

    result = Run(stores, exchange)(_job(limit=100))

    assert exchange.asked == [(50, 59), (100, 199), (200, 299), (300, 349)]
    assert result["calls"] == 4
    assert result["inserted"] == result["fetched"] == 260
    assert result["gaps_found"] == 2
    assert result["gaps"] == []
    assert stores.candles.count(SERIES) == COUNT


def test_what_the_exchange_lacks_is_told(stores: Stores) -> None:
    _hold(stores, range(50, 60))

    result = Run(stores, Exchange(outage=range(52, 54)))(_job())

    assert result["inserted"] == 8
    assert result["gaps"] == [["2023-11-15T02:35:00Z", "2023-11-15T02:45:00Z"]]


def test_an_interrupted_backfill_goes_on_where_it_stopped(stores: Stores) -> None:
    _hold(stores, range(100, 350))
    first = Run(stores, Exchange(), stop_after=2)
    with pytest.raises(JobCancelled):
        first(_job(limit=100))
    exchange = Exchange()

    result = Run(stores, exchange)(_job(first.noted[-1], limit=100))

    assert exchange.asked == [(300, 349)]
    assert result["calls"] == 3
    assert result["inserted"] == 250


def test_an_exchange_that_never_answers_ends_it_and_one_that_stops_is_waited_for(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.candles.backfill_candles.time.sleep", lambda _: None)
    monkeypatch.setattr(
        "tasks.candles.backfill_candles.time.monotonic", iter(range(10**9)).__next__
    )
    _hold(stores, range(100, 350))

    with pytest.raises(GivenUp) as never:
        Run(stores, Exchange(away_after=0))(_job())
    assert never.value.type == "exchange_unavailable"
    with pytest.raises(ExchangeUnavailable):
        Run(stores, Exchange(away_after=1))(_job(limit=100))


def test_it_pauses_between_calls_as_told(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    mine, sleep = threading.get_ident(), time.sleep

    def note(seconds: float) -> None:
        """Note a sleep of this thread: others of the process sleep as ever."""
        if threading.get_ident() == mine:
            slept.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr("tasks.candles.backfill_candles.time.monotonic", lambda: sum(slept))
    monkeypatch.setattr("tasks.candles.backfill_candles.time.sleep", note)
    _hold(stores, range(100, 350))

    Run(stores, Exchange())(_job(limit=100, sleep_ms=700))

    assert sum(slept) == pytest.approx(1.4)
