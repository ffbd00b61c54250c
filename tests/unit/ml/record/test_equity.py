"""What positions come to is marked at every close, whatever their lots, open losses included."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answers.record import SignalFigures
from core.multiple_testing import holm
from ml.record.equity import Changes, Equity, changes_of
from ml.record.figures import chance_of_no_gain, figures, judge, most_at_once
from ml.record.signal_columns import SignalColumns
from ml.scoring.follow_positions import ExitColumns, follow
from ml.scoring.signal_outcome import Bars, Exits, outcome

STEP = 300
PRICE = st.floats(90, 110)
NOTHING = SignalFigures(n=0, n_directional=0, n_missed=0, coverage=None, n_resolved=0)


def bars(*rows: tuple[float, float, float, float], start: int = 0) -> Bars:
    """Return candles of five minutes (open, high, low, close)."""
    time = start + STEP * np.arange(len(rows), dtype=np.int64)
    return Bars(time, *(np.array([row[i] for row in rows], np.float64) for i in range(4)))


def closes(*prices: float) -> Bars:
    """Return candles that open where the one before closed, the first at 100."""
    opens = (100.0, *prices[:-1])
    return bars(*((o, max(o, c), min(o, c), c) for o, c in zip(opens, prices, strict=True)))


def signals(count: int = 1, **other: object) -> SignalColumns:
    """Return signals to buy at 100 with a stop at 99, made at 0, that end after two hours."""
    told: dict[str, object] = {
        "made_at": 0, "first_opening": 0, "end": 7_200, "side": 1, "price": 100.0,
        "take_profit": 110.0, "stop_loss": 99.0, "fee": 0.0, "spread": 0.0,
        "earned": math.nan, "entered": True, "closed_at": -1,
    }  # fmt: skip
    columns = {name: np.full(count, value) for name, value in (told | other).items()}
    return SignalColumns(**columns)


def test_a_loss_that_is_still_open_shows_in_drawdown_and_open_r() -> None:
    losing = changes_of(signals(10, stop_loss=90.0, price=100.0), closes(99.0, 95.0, 97.0), STEP)
    equity = Equity.of(losing)
    assert equity.total.tolist() == pytest.approx([-1.0, -5.0, -3.0])
    assert equity.open.tolist() == pytest.approx([-1.0, -5.0, -3.0])
    assert (equity.max_drawdown, equity.worst_open) == pytest.approx((5.0, -5.0))


def test_what_has_ended_counts_as_the_ledger_has_it_and_is_open_no_more() -> None:
    made = signals(earned=-0.02)
    equity = Equity.of(changes_of(made, closes(99.5, 98.0, 97.0), STEP))
    assert equity.time.tolist() == [300, 600]  # the stop was touched in the second candle
    assert equity.total.tolist() == pytest.approx([-0.5, -2.0])
    assert equity.open.tolist() == pytest.approx([-0.5, 0.0])
    assert (equity.max_drawdown, equity.worst_open) == pytest.approx((2.0, -0.5))


def test_a_position_counts_from_when_the_ledger_says_that_it_was_closed() -> None:
    # A minute's candle touched the stop that no later candle of five minutes tells of.
    made = signals(earned=-0.01, closed_at=720)
    equity = Equity.of(changes_of(made, closes(99.5, 99.4, 99.3, 99.2), STEP))
    assert equity.time.tolist() == [300, 600, 720]
    assert equity.total.tolist() == pytest.approx([-0.5, -0.6, -1.0])


def test_an_outcome_whose_candles_are_gone_counts_at_its_end() -> None:
    equity = Equity.of(changes_of(signals(earned=0.01), bars(), STEP))
    assert (equity.time.tolist(), equity.total.tolist()) == ([7_200], pytest.approx([1.0]))


def test_a_position_that_nobody_could_enter_changes_nothing() -> None:
    made = signals(earned=0.0, entered=False)
    assert not len(changes_of(made, closes(99.5, 98.0), STEP).time)


def test_a_drawdown_falls_from_a_height_between_two_closed_positions() -> None:
    # Up by 3 R while open, closed at 1 R: on closed positions there would be no fall at all.
    equity = Equity.of(changes_of(signals(earned=0.01, end=900), closes(103.0, 101.0, 101.0), STEP))
    assert equity.max_drawdown == pytest.approx(2.0)


def test_the_change_of_a_day_is_that_of_its_marks() -> None:
    day = 86_400
    changes = Changes(np.array([3_600, day, day + 1, 3 * day]), np.array([1.0, 2.0, 4.0, 8.0]),
                      np.zeros(4))  # fmt: skip
    assert Equity.of(changes).by_day(np.array([0, 1, 2, 3])).tolist() == [3.0, 4.0, 8.0, 0.0]


def test_signals_in_a_row_that_may_live_at_once_are_counted() -> None:
    first = np.array([0, 300, 600, 9_000])
    made = SignalColumns(*[np.zeros(4)] * 12)
    made = type(made)(**{name: getattr(made, name) for name in made.__slots__}
                      | {"first_opening": first, "end": first + 600})  # fmt: skip
    assert most_at_once(made) == 2


def test_a_profit_factor_needs_ten_losses_and_a_sharpe_ratio_sixty_days() -> None:
    empty, days = Equity.of(Changes.joined([])), np.arange(59)
    nine = signals(20, earned=0.01)
    nine.first_opening[:] = 9_000 * np.arange(20)
    nine.end[:] = nine.first_opening + 7_200
    nine.earned[:18:2] = -0.01
    found = figures(NOTHING, nine, empty, days).shown
    assert (found.win_rate, found.profit_factor, found.sharpe_daily) == (0.55, None, None)
    nine.earned[18] = -0.01
    found = figures(NOTHING, nine, empty, days).shown
    assert (found.win_rate, found.profit_factor) == (0.5, pytest.approx(1.0))
    assert found.profit_factor_low is not None
    assert found.profit_factor_low < 1 < (found.profit_factor_high or 0)


def test_of_losers_alone_every_bound_is_one_that_can_be() -> None:
    for count in (1, 2, 12, 300):
        made = signals(count, earned=-0.01)
        made.first_opening[:] = 9_000 * np.arange(count)
        made.end[:] = made.first_opening + 7_200
        found = figures(NOTHING, made, Equity.of(Changes.joined([])), np.arange(5)).shown
        assert found.win_rate_low is not None
        assert 0 <= found.win_rate_low < 1e-9 < (found.win_rate_high or 0) < 1
        assert found.profit_factor == (0.0 if count >= 10 else None)


def test_the_error_of_a_sharpe_ratio_is_lo_s() -> None:
    rng = np.random.default_rng(0)
    earned, days = rng.normal(0.1, 1, 100), np.arange(100)
    equity = Equity.of(Changes(days * 86_400 + 1, earned, np.zeros(100)))
    found = figures(NOTHING, signals(0), equity, days).shown
    value = earned.mean() / earned.std(ddof=1)
    assert found.sharpe_daily == pytest.approx(value)
    error = 1.959964 * math.sqrt((1 + value**2 / 2) / 100)
    assert found.sharpe_high == pytest.approx(value + error)


def test_of_many_slots_without_an_edge_hardly_ever_one_is_called_skilled() -> None:
    rng, wrong = np.random.default_rng(0), 0
    empty = Equity.of(Changes.joined([]))
    for _ in range(20):
        slots = []
        for _ in range(30):
            made = signals(300)
            made.first_opening[:] = 9_000 * np.arange(300)
            made.end[:] = made.first_opening + 7_200
            made.earned[:] = 0.01 * rng.choice([-1.0, 2.0], 300, p=[2 / 3, 1 / 3])
            slots.append(made)
        p_values = holm([chance_of_no_gain(made) for made in slots])
        wrong += any(
            judge(figures(NOTHING, made, empty, np.empty(0, np.int64)), p_value) == "skilled"
            for made, p_value in zip(slots, p_values, strict=True)
            if p_value <= 0.05
        )
    assert wrong <= 1
    edge = slots[0]
    edge.earned[:] = 0.01 * rng.choice([-1.0, 2.0], 300, p=[0.4, 0.6])
    p_value = chance_of_no_gain(edge)
    assert judge(figures(NOTHING, edge, empty, np.empty(0, np.int64)), 30 * p_value) == "skilled"


def test_holding_earns_what_a_bought_position_does_and_the_contrary_of_a_sold_one() -> None:
    fee, spread = 0.0001, 0.0002
    bid_in, bid_out = 100.0, 101.0
    bought = bid_out / (bid_in * (1 + spread)) * math.exp(-2 * fee) - 1
    sold = bid_in / (bid_out * (1 + spread)) * math.exp(-2 * fee) - 1
    for side, earned in ((1, bought), (-1, sold)):
        made = signals(side=side, earned=earned, fee=fee, spread=spread)
        assert made.held[0] == pytest.approx(bought, abs=1e-12)


@given(
    st.lists(st.tuples(PRICE, PRICE, PRICE, PRICE), min_size=1, max_size=9),
    st.booleans(),
    st.sampled_from([0.0, 0.002]),
)
def test_positions_in_columns_end_as_a_single_one_does(
    rows: list[tuple[float, float, float, float]], long: bool, spread: float
) -> None:
    path = bars(*((o, max(o, h, lo, c), min(o, h, lo, c), c) for o, h, lo, c in rows))
    side = 1 if long else -1
    exits = Exits(side, 100.0 + 4 * side, 100.0 - 3 * side)
    one = outcome(exits, path.time, path, STEP, final=True, fee=0.001, spread=spread)
    columns = ExitColumns(*(np.array([value]) for value in (
        side, exits.take_profit, exits.stop_loss, spread)))  # fmt: skip
    ends = follow(path, np.array([0]), np.array([len(rows)]), columns)
    assert one is not None
    assert ends.entered[0] == (one.exit != "not_entered")
    if ends.entered[0]:
        earned = math.expm1(ends.log_return(columns.side)[0] - 0.002)
        assert 100 * earned == pytest.approx(one.pnl_percent, abs=1e-9)
        assert ends.touched[0] == (one.exit != "time")
        assert path.time[ends.last[0]] + STEP == one.closed_at
