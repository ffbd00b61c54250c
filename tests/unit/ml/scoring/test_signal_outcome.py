"""What became of a signal is told by fixed rules, each against the signal where in doubt."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock.grids import Grid
from ml.scoring.follow_positions import earned
from ml.scoring.signal_outcome import Bars, Exits, Outcome, outcome

LONG = Exits(side=1, take_profit=102.0, stop_loss=99.0)
SHORT = Exits(side=-1, take_profit=98.0, stop_loss=101.0)
STEP, FEE = 300, 0.001
Row = tuple[float, float, float, float]
QUIET: Row = (100.0, 100.5, 99.5, 100.1)


def bars(*rows: Row, skip: int = 0) -> Bars:
    """Return candles (open, high, low, close) from time 0 on, one left out after `skip`."""
    time = STEP * np.arange(len(rows), dtype=np.int64)
    if skip:
        time[skip:] += STEP
    return Bars(time, *(np.array([row[i] for row in rows]) for i in range(4)))


def judge(exits: Exits, path: Bars, horizon: int, final: bool = False) -> Outcome | None:
    """Return the outcome over a horizon of so many candles from 0 on."""
    openings = STEP * np.arange(horizon, dtype=np.int64)
    return outcome(exits, openings, path, STEP, final=final, fee=FEE)


def after_costs(gross: float) -> float:
    """Return percent after costs of a position that multiplied its stake by `gross`."""
    return 100 * (gross * np.exp(-2 * FEE) - 1)


def test_a_touched_take_profit_is_a_profit_at_its_own_price() -> None:
    found = judge(LONG, bars(QUIET, (101.0, 105.0, 100.9, 104.0)), 6)
    assert found is not None
    assert (found.result, found.exit, found.closed_at) == ("profit", "take_profit", 600)
    assert found.pnl_percent == pytest.approx(after_costs(1.02))


def test_a_short_position_gains_where_prices_fall() -> None:
    found = judge(SHORT, bars(QUIET, (99.0, 99.5, 97.0, 97.5)), 6)
    assert found is not None
    assert (found.result, found.exit) == ("profit", "take_profit")
    assert found.gross_percent == pytest.approx(100 * (100 / 98 - 1))


def test_of_two_exits_touched_within_one_candle_the_stop_counts() -> None:
    found = judge(LONG, bars(QUIET, (100.0, 103.0, 98.0, 102.5)), 6)
    assert found is not None
    assert (found.result, found.exit) == ("loss", "stop_loss")


def test_a_candle_that_opens_beyond_the_stop_ends_it_at_that_worse_price() -> None:
    found = judge(LONG, bars(QUIET, (95.0, 96.0, 94.0, 95.5)), 6)
    assert found is not None
    assert found.pnl_percent == pytest.approx(after_costs(0.95))


def test_what_meets_no_exit_is_closed_at_its_end_and_a_gain_below_costs_is_a_loss() -> None:
    found = judge(LONG, bars(QUIET, QUIET), 2)
    assert found is not None
    assert (found.exit, found.closed_at) == ("time", 600)
    assert found.gross_percent == pytest.approx(0.1)
    assert found.result == "loss"


def test_an_entry_beyond_an_exit_is_none_and_earns_nothing() -> None:
    for first in ((103.0, 104.0, 102.5, 103.0), (98.0, 98.5, 97.0, 98.0)):
        found = judge(LONG, bars(first, QUIET), 6)
        assert found is not None
        assert (found.exit, found.pnl_percent, found.result) == ("not_entered", 0.0, "loss")


def test_it_is_pending_until_an_exit_is_touched_or_all_candles_came() -> None:
    assert judge(LONG, bars(), 6) is None
    assert judge(LONG, bars(QUIET, QUIET), 6) is None


def test_a_missing_candle_is_waited_for_and_then_told() -> None:
    holed = bars(QUIET, (101.0, 105.0, 100.9, 104.0), skip=1)
    assert judge(LONG, holed, 6) is None
    found = judge(LONG, holed, 6, final=True)
    assert found is not None
    assert (found.exit, found.gaps) == ("take_profit", True)
    nothing = judge(LONG, bars(), 6, final=True)
    assert nothing is not None
    assert (nothing.exit, nothing.gaps) == ("not_entered", True)


@pytest.mark.parametrize(("change", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_whose_clock_changes_closes_when_the_next_one_opens(change: str, hours: int) -> None:
    zone = ZoneInfo("America/New_York")
    day = datetime.fromisoformat(f"{change}T17:00").replace(tzinfo=zone) - timedelta(days=1)
    opening = int(day.timestamp())
    path = Bars(np.array([opening]), *(np.array([value]) for value in QUIET))
    grid = Grid(17 * 3_600, zone.key)
    found = outcome(LONG, path.time, path, 86_400, final=True, grid=grid)
    assert found is not None
    assert found.closed_at == opening + hours * 3_600
    nothing = outcome(LONG, path.time, path.at(path.time + 1), 86_400, final=True, grid=grid)
    assert nothing is not None
    assert nothing.closed_at == found.closed_at


SPREAD = 0.002


def judge_bids(exits: Exits, path: Bars, horizon: int) -> Outcome:
    """Return the outcome on candles of bids."""
    openings = STEP * np.arange(horizon, dtype=np.int64)
    found = outcome(exits, openings, path, STEP, final=True, fee=0.0, spread=SPREAD)
    assert found is not None
    return found


def test_on_candles_of_bids_a_position_to_buy_enters_at_the_ask_and_ends_at_the_bid() -> None:
    found = judge_bids(LONG, bars(QUIET, (101.0, 102.0, 100.9, 101.5)), 2)
    assert found.exit == "take_profit"
    assert found.pnl_percent == pytest.approx(100 * (102.0 / (100.0 * (1 + SPREAD)) - 1))
    assert found.gross_percent == pytest.approx(2.0)


def test_on_candles_of_bids_a_position_to_sell_meets_its_exits_at_the_ask() -> None:
    # The bid comes within the spread of either exit: the stop is touched, the profit is not.
    stopped = judge_bids(SHORT, bars(QUIET, (100.5, 100.9, 100.4, 100.6)), 2)
    assert stopped.exit == "stop_loss"
    assert stopped.pnl_percent == pytest.approx(100 * (100.0 / 101.0 - 1))
    near = judge_bids(SHORT, bars(QUIET, (99.0, 99.5, 97.9, 98.5)), 2)
    assert near.exit == "time"
    assert near.pnl_percent == pytest.approx(100 * (100.0 / (98.5 * (1 + SPREAD)) - 1))


PRICE = st.floats(90, 110)


@given(st.lists(st.tuples(PRICE, PRICE, PRICE, PRICE), min_size=1, max_size=8), st.booleans())
def test_no_outcome_is_better_than_its_take_profit_and_none_changes_later(
    rows: list[Row], long: bool
) -> None:
    exits = LONG if long else SHORT
    path = bars(*((o, max(o, h, lo, c), min(o, h, lo, c), c) for o, h, lo, c in rows))
    found = judge(exits, path, len(rows))
    assert found is not None  # all candles came
    entered = float(path.open[0])
    best = exits.side * np.log(exits.take_profit / entered)
    assert found.gross_percent <= max(100 * np.expm1(best), 0.0) + 1e-9
    for known in range(1, len(rows)):
        early = judge(
            exits,
            bars(
                *zip(
                    *(col[:known] for col in (path.open, path.high, path.low, path.close)),
                    strict=True,
                )
            ),
            len(rows),
        )
        assert early is None or early == found


@given(st.lists(st.tuples(PRICE, PRICE, PRICE, PRICE), min_size=2, max_size=9), st.booleans())
def test_a_backtest_earns_what_a_live_position_would(rows: list[Row], long: bool) -> None:
    path = bars(*((o, max(o, h, lo, c), min(o, h, lo, c), c) for o, h, lo, c in rows))
    side, horizon, decided = (1 if long else -1), len(rows) - 1, float(path.close[0])
    exits = Exits(side, decided * np.exp(side * 0.04), decided * np.exp(-side * 0.02))
    openings = path.time[1:]
    live = outcome(exits, openings, path, STEP, final=True, fee=0.0)
    assert live is not None
    (found,) = earned(
        path, np.array([0]), np.array([side]), np.array([0.04]), np.array([0.02]), horizon
    )
    if live.exit == "not_entered":
        assert np.isnan(found)
    else:
        assert 100 * np.expm1(found) == pytest.approx(live.gross_percent, abs=1e-9)
