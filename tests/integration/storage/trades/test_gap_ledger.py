"""Gaps: suspected first, open when they stay, and told with what became of them."""

import pytest
from sqlalchemy import Engine

from core.series import Market
from storage.trades.edges import Hole
from storage.trades.gap_ledger import GapLedger, GapState

MARKET = Market("x", "A-B")
HOLE = Hole(10, 14, 1_000, 2_000)


class Clock:
    """A clock that is set by hand (epoch ms)."""

    now = 0

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(engine: Engine, clock: Clock) -> GapLedger:
    return GapLedger(engine, clock)


def told(ledger: GapLedger) -> list[tuple[int, GapState]]:
    return [(gap.first_id, gap.state) for gap in ledger.list(MARKET, 0, 10_000, 100)]


def test_a_hole_is_a_gap_only_if_it_stays(ledger: GapLedger, clock: Clock) -> None:
    assert ledger.note(MARKET, [HOLE], 3_000) == []
    assert told(ledger) == []
    clock.now = 3_000

    opened = ledger.note(MARKET, [HOLE], 3_000)

    assert [gap.hole for gap in opened] == [HOLE]
    assert told(ledger) == [(10, GapState.OPEN)]
    assert ledger.note(MARKET, [HOLE], 3_000) == []


def test_trades_that_came_out_of_order_leave_no_gap(ledger: GapLedger, clock: Clock) -> None:
    ledger.note(MARKET, [HOLE], 3_000)
    clock.now = 5_000

    assert ledger.note(MARKET, [], 3_000) == []

    assert told(ledger) == []


def test_a_closed_gap_keeps_its_state_and_what_was_recovered(
    ledger: GapLedger, clock: Clock
) -> None:
    ledger.note(MARKET, [HOLE], 0)
    (gap,) = ledger.note(MARKET, [HOLE], 0)

    ledger.close(gap, GapState.BACKFILLED, recovered=5)
    ledger.note(MARKET, [], 0)

    (closed,) = ledger.list(MARKET, 0, 10_000, 100)
    assert (closed.state, closed.recovered, closed.closed_at) == (GapState.BACKFILLED, 5, 0)
    assert ledger.open() == []


def test_gaps_are_told_by_time_and_page_by_page(ledger: GapLedger) -> None:
    holes = [Hole(n * 10, n * 10 + 1, n * 1_000, n * 1_000 + 500) for n in range(1, 6)]
    ledger.note(MARKET, holes, 0)
    ledger.note(MARKET, holes, 0)

    first = ledger.list(MARKET, 0, 10_000, 2)
    rest = ledger.list(MARKET, 0, 10_000, 9, after=first[-1].id)

    assert [gap.first_id for gap in first + rest] == [10, 20, 30, 40, 50]
    assert [gap.first_id for gap in ledger.list(MARKET, 2_400, 3_100, 9)] == [20, 30]


def test_a_quiet_span_is_recorded_once(ledger: GapLedger) -> None:
    quiet = Hole(20, 19, 5_000, 9_000)

    assert ledger.record(MARKET, quiet, GapState.NO_TRADES)
    assert not ledger.record(MARKET, quiet, GapState.NO_TRADES)
