"""A walk through the past sees what was known then, and gives the same bits each time."""

from typing import Any

import msgspec
import pytest

from core.forecast_target import ForecastTarget
from core.jobs import asked
from core.requests import ReplayWalk
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tasks.forecasts.replay_walk import replay_walk
from tests.integration.tasks.forecasts.desk import (
    BOOSTING,
    EWMA,
    SERIES,
    candles,
    done,
    no_report,
    training,
)

pytestmark = pytest.mark.clock

FOREVER = 4_000_000_000


def _walk(stores: Stores, target: ForecastTarget, **other: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"start": None, "end": None, "retrain_every": None}
    job = done(stores, replay_walk, training(target, **(wanted | other)), ReplayWalk)
    assert job.error is None, job.error
    assert job.result
    return job.result


def _rows(stores: Stores, result: dict[str, Any]) -> list[Any]:
    return stores.ledger_reader.page(result["ledger"], {}, 0, FOREVER, 10_000).rows


@pytest.mark.clock(once=True)
def test_the_same_walk_gives_the_same_hashes(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(900, coefficient=0.3))
    start = int(candles(900).time[-200])
    request = {"start": start, "retrain_every": 100, "seed": 3}
    first, second = (_walk(stores, BOOSTING, **request) for _ in range(2))
    assert first["ledger"] != second["ledger"]
    assert (first["n"], first["fits"]) == (200, 2)
    rows, again = _rows(stores, first), _rows(stores, second)
    assert [row.hash for row in rows] == [row.hash for row in again]
    assert first["scores"] == second["scores"]
    ends = [verify_ledger(stores.engine, stores.heads, one["ledger"]) for one in (first, second)]
    assert all(end.ok for end in ends)
    assert ends[0].events_head == ends[1].events_head


def test_another_future_changes_no_forecast(stores: Stores) -> None:
    whole = candles(900)
    cut = int(whole.time[-50])
    stores.candles.write(SERIES, whole)
    start = int(whole.time[-100])
    first = _rows(stores, _walk(stores, EWMA, start=start))
    changed = candles(50, seed=9)
    changed.close[:] *= 3
    changed.high[:] *= 3
    stores.candles.write(SERIES, changed)
    second = _rows(stores, _walk(stores, EWMA, start=start))
    early = [row for row in first if row.first_opening <= cut]
    assert len(early) == 51
    assert [row.hash for row in early] == [row.hash for row in second][: len(early)]


def test_rows_are_stamped_with_their_own_time_and_scored(stores: Stores) -> None:
    held = candles(700)
    stores.candles.write(SERIES, held)
    start, end = int(held.time[-60]), int(held.time[-40])
    target = ForecastTarget("coinbase", "BTC-USD", 300, 3, "drift")
    result = _walk(stores, target, start=start, end=end)
    rows = _rows(stores, result)
    assert [row.first_opening for row in rows] == list(range(start, end + 1, 300))
    closes = dict(zip(held.time.tolist(), held.close.tolist(), strict=True))
    for row in rows:
        assert row.opening == row.first_opening + 600
        assert row.made_at == row.first_opening * 1_000
        assert row.realised == closes[row.opening]
        assert row.last_price == closes[row.first_opening - 300]
    assert result["n"] == len(rows) == 21
    assert set(result["scores"]) == set(result["baseline_scores"])
    assert stores.boards.all(result["ledger"])[target].n == 21
    assert stores.ledger_reader.pending(0, FOREVER, 10) == {}


@pytest.mark.parametrize(("begin", "message"), [(10, "to learn from"), (699, "no candle")])
def test_a_walk_that_cannot_be_says_why(stores: Stores, begin: int, message: str) -> None:
    held = candles(700)
    stores.candles.write(SERIES, held)
    request = {"start": int(held.time[begin]), "end": int(held.time[begin]) - 300}
    wanted: dict[str, Any] = {"retrain_every": None, **request}
    job = done(stores, replay_walk, training(EWMA, **wanted), ReplayWalk)
    assert job.error
    assert message in job.error.detail


def test_a_walk_that_is_repeated_after_a_kill_ends_as_if_nothing_had_been(stores: Stores) -> None:
    stores.candles.write(SERIES, candles(700))
    request = training(EWMA, start=int(candles(700).time[-90]), end=None, retrain_every=None)
    job = done(stores, replay_walk, request, ReplayWalk)
    typed = asked(job, ReplayWalk)
    again = msgspec.to_builtins(replay_walk(stores, typed, no_report, lambda checkpoint: None))
    assert again == job.result
    assert len(_rows(stores, again)) == 90
