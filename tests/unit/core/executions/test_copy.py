"""A position is held against the signal that it copies, in the signal's own unit of risk."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.executions.copy import (
    Copy,
    PaperSignal,
    PriceSpan,
    Seen,
    copy_of,
    copy_sums,
    quantile,
)
from core.executions.coverage import Opened, Presence, Signs, coverage
from core.executions.merge import Execution
from core.executions.open_pnl import contract_size, open_pnl
from core.executions.report import Opening, Progress

MADE = 1_000_000_800_000
FIRST = 1_000_000_800
WIDE = PriceSpan(90.0, 110.0)


def paper(**other: Any) -> PaperSignal:
    """Return a signal to buy at 100 with a stop at 99, made at the open of its first candle."""
    told: dict[str, Any] = {
        "seq": 1, "platform": "mt5", "symbol": "EURUSD", "resolution": 900, "horizon": 16,
        "model": "barrier_signals", "model_hash": "a", "made_at": MADE, "first_opening": FIRST,
        "opening": FIRST + 15 * 900, "type": "buy", "current_price": 100.0, "take_profit": 102.0,
        "stop_loss": 99.0, "costs_bps": 3.0, "spread_bps": 2.0, "pnl_percent": 1.9,
        "exit": "take_profit",
    }  # fmt: skip
    return PaperSignal(**told | other)


def position(entry: float = 100.02, exit_: float | None = 101.0, **other: Any) -> Execution:
    """Return a position that was opened two seconds later, closed if it has a price of that."""
    closed = None if exit_ is None else MADE + 3_600_000
    opening = {"opened_at": MADE + 2_000, "entry_price": entry, "volume": 0.1}
    return Execution(
        terminal="", ticket=1, symbol="EURUSD", resolution=900, side="buy",
        opening=Opening(**opening | other), ranks={},
        progress=Progress(closed_at=closed, exit_price=exit_),
    )  # fmt: skip


def test_slippage_is_from_the_price_that_the_rule_for_all_enters_at() -> None:
    seen = Seen(100.0, WIDE, WIDE)
    exact = copy_of(1, position(100.02), False, paper(), seen)  # the ask
    assert exact.slippage_bps == pytest.approx(0.0, abs=1e-9)
    assert exact.delay_s == 2.0
    worse = copy_of(1, position(100.12), False, paper(), seen)
    assert worse.slippage_bps == pytest.approx(1e4 * 0.1 / 100.02)
    sold = copy_of(1, position(99.9), False, paper(type="sell", stop_loss=101.0), seen)
    assert sold.slippage_bps == pytest.approx(10.0)


def test_what_was_earned_is_in_units_of_the_signal_s_risk_whatever_the_lots() -> None:
    seen = Seen(100.0, WIDE, WIDE)
    told = copy_of(1, position(100.0, 95.0), False, paper(), seen)
    assert told.r == pytest.approx((0.95 * math.exp(-1e-4) - 1) / 0.01)
    assert told.gap_r == pytest.approx((told.r or 0) - 1.9)
    for volume in (0.01, 1.0, 64.0):  # a martingale doubles after each loss
        assert copy_of(1, position(100.0, 95.0, volume=volume), False, paper(), seen) == told


def test_an_open_loss_of_five_r_shows() -> None:
    seen = Seen(100.0, WIDE, None, newest=95.0)
    told = copy_of(1, position(100.0, None), False, paper(costs_bps=2.0), seen)
    assert (told.r, told.gap_r, told.complete) == (None, None, False)
    assert told.open_r == pytest.approx(-5.0)
    sums = copy_sums([told, Copy(exec_id=2, seq=2, open_r=1.0)])
    assert (sums.open_r, sums.worst_open_r) == (pytest.approx(-4.0), pytest.approx(-5.0))


@pytest.mark.parametrize(("entry", "implausible"), [(100.55, False), (100.57, True)])
def test_a_price_three_spreads_beyond_its_candle_was_not_the_market_s(
    entry: float, implausible: bool
) -> None:
    seen = Seen(100.0, PriceSpan(99.5, 100.5), WIDE)
    told = copy_of(1, position(entry), False, paper(), seen)
    assert told.implausible is implausible
    sums = copy_sums([told])
    assert (sums.n, sums.n_implausible) == (int(not implausible), int(implausible))


def test_what_is_not_known_yet_is_looked_at_again() -> None:
    whole = copy_of(1, position(), False, paper(), Seen(100.0, WIDE, WIDE))
    assert whole.complete
    for seen, signal in (
        (Seen(None, WIDE, WIDE), paper()), (Seen(100.0, WIDE, None), paper()),
        (Seen(100.0, WIDE, WIDE), paper(pnl_percent=None, exit=None)),
    ):  # fmt: skip
        assert not copy_of(1, position(), False, signal, seen).complete
    assert copy_of(1, position(), True, paper(), Seen(100.0, WIDE, WIDE)).delay_s is None


def test_several_positions_of_one_signal_count_once_in_the_gap() -> None:
    parts = [Copy(exec_id=n, seq=n // 2, r=float(n), paper_r=1.0) for n in range(4)]
    sums = copy_sums(parts)
    assert (sums.n, sums.n_gap, sums.gap_r) == (4, 2, pytest.approx(0.5))
    assert (sums.gap_r_low or 0) < 0.5 < (sums.gap_r_high or 0)
    assert copy_sums(parts[:1]).gap_r_low is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(0, 1))
def test_a_quantile_lies_within_what_it_is_of_and_grows(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert found is not None
    assert min(values) - 1e-6 <= found <= max(values) + 1e-6
    assert (quantile(values, 0.0), quantile(values, 1.0)) == (min(values), max(values))
    assert quantile([], 0.5) is None


def test_why_signals_were_not_copied_is_told_by_the_terminal_or_by_when_it_was_there() -> None:
    signals = [
        paper(seq=n, made_at=MADE + n * 900_000, first_opening=FIRST + n * 900) for n in range(8)
    ]
    late = Opened("EURUSD", 900, "buy", signals[4].made_at + 300_000)
    signs = Signs(
        copied={1, 99}, told={2: "spread", 98: "margin"},
        presence=Presence(signals[1].made_at, signals[5].made_at - 900_000), unmatched=[late],
    )  # fmt: skip
    found = coverage(signals, signs)
    # Within a quarter of an hour of its last sign a terminal may still be there.
    assert (found.signals, found.copied, found.percent) == (5, 1, 20.0)
    assert found.skipped == {"late": 2, "offline": 3, "spread": 1, "unknown": 1}
    nobody = coverage(signals, Signs(copied=(), told={}, presence=None))
    assert (nobody.signals, nobody.percent, nobody.skipped) == (0, None, {"offline": 8})


def test_an_open_position_is_valued_in_either_currency_of_its_pair_and_in_no_third() -> None:
    size = contract_size("EURUSD", None)
    assert size == 100_000
    assert open_pnl("EURUSD", 0.001, 1.1, 0.1, size, "USD") == pytest.approx(10.0)
    assert open_pnl("USDJPY", 1.0, 150.0, 0.1, size, "USD") == pytest.approx(10_000 / 150)
    assert open_pnl("EURJPY", 1.0, 160.0, 0.1, size, "USD") is None
    assert (contract_size("XAUUSD", None), contract_size("XAUUSD", 100.0)) == (None, 100.0)
