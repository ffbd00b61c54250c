"""Forecasts from outside are entered once, in time, whoever else is entering."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.clock.times import format_time, now_ms
from core.errors import Conflict
from core.forecast_target import ForecastTarget
from core.ledger import EVENTS, LIVE, row_hash
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_reads import LedgerReader
from storage.ledger.ledger_store import LedgerStore
from storage.ledger.ledger_verify import verify_ledger
from storage.ledger.submissions import State, Submissions
from tests.clocks import clock_at
from tests.made_forecasts import SLOT, forecast, forecasts

pytestmark = pytest.mark.clock

MINE = ForecastTarget("coinbase", "BTC-USD", 300, 1, "external.mine")


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "ledger" / "heads.jsonl")


@pytest.fixture
def submissions(engine: Engine, heads: Heads) -> Submissions:
    return Submissions(engine, heads)


def test_a_request_is_in_time_by_when_it_arrived_however_long_the_turn_took(
    submissions: Submissions, engine: Engine
) -> None:
    made = forecast(MINE, candles_ago=0)
    # The turn came ten seconds after the deadline.
    with clock_at(format_time(made.deadline + 10_000)):
        assert submissions.submit([made], made.deadline + 1)[0].state is State.LATE
        assert submissions.submit([made], made.deadline)[0].state is State.ACCEPTED
    row = LedgerReader(engine).page(LIVE, {}, 0, 4_000_000_000, 2).rows[0]
    assert row.made_at == made.deadline


def test_many_that_hand_in_the_same_at_once_leave_one_row_each_and_one_chain(
    submissions: Submissions, engine: Engine, heads: Heads
) -> None:
    found: list[list[State]] = []
    made = forecasts(20, MINE)

    def hand_in() -> None:
        found.append([one.state for one in submissions.submit(made, now_ms())])

    threads = [threading.Thread(target=hand_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = [state for some in found for state in some]
    assert (states.count(State.ACCEPTED), states.count(State.REPEATED)) == (20, 60)
    whole = verify_ledger(engine, heads)
    assert (whole.ok, whole.rows) == (True, 20)


def test_what_one_forecaster_says_binds_no_other(
    submissions: Submissions, engine: Engine, heads: Heads
) -> None:
    LedgerStore(engine, heads).append([forecast()])
    yours = ForecastTarget("coinbase", "BTC-USD", 300, 1, "external.yours")
    told = submissions.submit([forecast(MINE), forecast(yours, predicted=7.0)], now_ms())
    assert [one.state for one in told] == [State.ACCEPTED] * 2
    assert LedgerReader(engine).targets(LIVE) == {SLOT: 1, MINE: 1, yours: 1}


def test_a_later_price_is_part_of_the_outcome_s_hash(
    submissions: Submissions, engine: Engine, heads: Heads
) -> None:
    submissions.submit([forecast(MINE)], now_ms())
    [row] = LedgerStore(engine, heads).record_outcomes(LIVE, {1: 101.0}, {1: 100.5})
    event = row.outcome_values(101.0, 1, 100.5) | {"number": 1}
    without = row.outcome_values(101.0, 1, None) | {"number": 1}
    assert row_hash(EVENTS, "", event) != row_hash(EVENTS, "", without)
    [read] = LedgerReader(engine).scored(LIVE, MINE)
    assert (read.last_price, read.later_price, read.baseline_price) == (100.0, 100.5, 100.5)
    assert verify_ledger(engine, heads).ok


def test_forecasts_of_the_past_go_into_ledgers_of_that_kind_only(submissions: Submissions) -> None:
    old = forecast(MINE, candles_ago=5_000)
    for name in (LIVE, "replay-1"):
        with pytest.raises(Conflict):
            submissions.submit_walked(name, [old])
    assert submissions.submit_walked("walk.mine", [old])[0].state is State.ACCEPTED
