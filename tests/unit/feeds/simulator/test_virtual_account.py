"""A virtual account keeps positions, deals and money as a broker does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.simulator.metatrader.account import (
    BUY,
    COMMISSION,
    SELL,
    Account,
    Price,
    Refused,
    Slippage,
)
from feeds.simulator.metatrader.markets import EURUSD, XAUUSD

SYMBOL = "EURUSD.m"
SPREAD = 0.0001


def account(**other: object) -> Account:
    """Return an account to which a first price has come."""
    made = Account({SYMBOL: EURUSD, "GOLD": XAUUSD}, **other)  # type: ignore[arg-type]
    move(made, 1.1)
    return made


def move(of: Account, bid: float, time_ms: int = 1_000) -> None:
    """Let the price go to `bid`."""
    of.on_price(SYMBOL, Price(time_ms, bid, round(bid + SPREAD, 5)))


def test_a_buy_is_entered_at_the_ask_and_left_at_the_bid() -> None:
    one = account()
    opened = one.open(SYMBOL, BUY, 0.5, comment="why")
    move(one, 1.102)
    closed = one.close(opened.position_id)
    assert (opened.price, closed.price) == (1.1001, 1.102)
    assert closed.profit == pytest.approx(0.0019 * 50_000)
    assert one.balance == pytest.approx(10_000 + closed.profit - COMMISSION)
    assert (opened.entry, closed.entry, closed.side, closed.reason) == ("in", "out", SELL, "EXPERT")
    with pytest.raises(Refused):
        one.close(opened.position_id)


@pytest.mark.parametrize(
    ("side", "to", "reason", "price"),
    [
        (BUY, 1.1025, "TP", 1.102), (BUY, 1.0985, "SL", 1.0985),
        (SELL, 1.0975, "TP", 1.098), (SELL, 1.1015, "SL", 1.1016),
    ],
)  # fmt: skip
def test_a_take_profit_is_filled_at_its_price_and_a_stop_where_the_price_then_is(
    side: int, to: float, reason: str, price: float
) -> None:
    one = account()
    sl, tp = (1.099, 1.102) if side == BUY else (1.101, 1.098)
    opened = one.open(SYMBOL, side, 0.1, sl=sl, tp=tp)
    move(one, to)
    out = one.deals[-1]
    assert (out.reason, out.price, out.position_id) == (reason, price, opened.position_id)
    assert one.positions == []


def test_orders_and_stops_slip_against_the_trader_and_take_profits_do_not() -> None:
    one = account(slippage=Slippage(most=20, seed=1))
    opened = one.open(SYMBOL, BUY, 0.1, sl=1.099, tp=1.102)
    assert 1.1001 <= opened.price <= 1.1003
    move(one, 1.098)
    assert 1.0978 <= one.deals[-1].price <= 1.098
    again = one.open(SYMBOL, SELL, 0.1, tp=1.09)
    assert again.price <= 1.098
    move(one, 1.085)
    assert one.deals[-1].price == 1.09


def test_in_metatrader_5_a_part_that_is_closed_leaves_the_position_its_name() -> None:
    one = account()
    opened = one.open(SYMBOL, BUY, 1.0)
    one.close(opened.position_id, 0.4)
    assert [(p.identifier, p.volume) for p in one.positions] == [(opened.position_id, 0.6)]
    one.close(opened.position_id)
    assert [deal.volume for deal in one.history([opened.position_id])] == [1.0, 0.4, 0.6]


def test_in_metatrader_4_the_rest_of_a_position_gets_a_new_ticket() -> None:
    one = account(program="mt4")
    opened = one.open(SYMBOL, BUY, 1.0, magic=7)
    one.close(opened.position_id, 0.4)
    (rest,) = one.positions
    assert rest.ticket == rest.identifier != opened.position_id
    assert (rest.volume, rest.comment, rest.magic) == (0.6, f"from #{opened.position_id}", 7)
    assert one.history([rest.identifier])[0].parent == opened.position_id
    move(one, 1.102)
    one.close(rest.identifier)
    assert sum(deal.commission for deal in one.deals) == pytest.approx(-2 * COMMISSION)


def test_a_position_that_the_broker_opens_anew_keeps_its_identifier_only() -> None:
    one = account()
    opened = one.open(SYMBOL, BUY, 1.0)
    ticket = one.reopen(opened.position_id)
    (position,) = one.positions
    assert (position.ticket, position.identifier) == (ticket, opened.position_id)
    with pytest.raises(Refused):
        account(program="mt4").reopen(1)


def test_a_netting_account_adds_up_reduces_and_turns_round_one_position() -> None:
    one = account(mode="netting")
    first = one.open(SYMBOL, BUY, 1.0)
    move(one, 1.101)
    one.open(SYMBOL, BUY, 1.0)
    (position,) = one.positions
    assert (position.volume, position.price_open) == (2.0, pytest.approx(1.1006))
    one.open(SYMBOL, SELL, 0.5)
    assert position.volume == 1.5
    turned = one.open(SYMBOL, SELL, 2.0)
    assert (turned.entry, turned.position_id) == ("inout", first.position_id)
    assert (position.side, position.volume, position.price_open) == (SELL, 0.5, 1.101)
    assert position.ticket != first.position_id == position.identifier
    assert turned.profit == pytest.approx(1.5 * 0.0004 * 100_000)


def test_the_worst_position_is_closed_when_margin_runs_out() -> None:
    one = account(balance=1_200.0)
    small = one.open(SYMBOL, BUY, 0.2)
    large = one.open(SYMBOL, BUY, 0.6)
    move(one, 1.09)
    out = [deal for deal in one.deals if deal.entry == "out"]
    assert [(deal.reason, deal.position_id) for deal in out] == [("SO", large.position_id)]
    assert [p.identifier for p in one.positions] == [small.position_id]
    with pytest.raises(Refused, match="No money"):
        one.open(SYMBOL, BUY, 50.0)


Order = tuple[int, int, float, int]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([BUY, SELL]), st.integers(1, 30), st.floats(1.09, 1.11),
            st.integers(0, 2),
        ),
        max_size=25,
    ),
    st.sampled_from([("hedging", "mt5"), ("hedging", "mt4"), ("netting", "mt5")]),
)  # fmt: skip
def test_the_balance_is_what_the_deals_add_up_to_and_volumes_are_kept(
    orders: list[Order], kind: tuple[str, str]
) -> None:
    one = account(mode=kind[0], program=kind[1], balance=1e6)
    for side, lots, bid, what in orders:
        move(one, round(bid, 5))
        if what == 0 or not one.positions:
            one.open(SYMBOL, side, lots / 100, sl=0, tp=0)
        else:
            position = one.positions[lots % len(one.positions)]
            one.close(position.identifier, position.volume if what == 1 else lots / 100)
    paid = sum(deal.profit + deal.commission + deal.swap for deal in one.deals)
    assert one.balance == pytest.approx(1e6 + paid)
    held = sum(position.side * position.volume for position in one.positions)
    fresh = [deal for deal in one.deals if deal.parent is None]
    moved = sum(deal.side * deal.volume for deal in fresh)
    if kind[1] == "mt5":
        assert held == pytest.approx(moved)
    assert all(position.volume > 0 for position in one.positions)
    assert len({position.ticket for position in one.positions}) == len(one.positions)
