"""Each limit refuses by its name, closing is never refused by one, and what is missing refuses."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from core.clock.times import now_ms
from core.trading.accounts import Limits, Price, Rate, Tick
from core.trading.events import Accepted, Filled, Ordered, Refused, Swapped, Timed, View
from core.trading.orders import ClosePosition
from tests.unit.trading.test_paper_engine import BEGAN, GOLD, WIDE, Run, order
from trading.nightly import rollovers
from trading.prices import candle_ticks
from trading.rates import find_rate

HOUR = 3_600_000


def bought(run: Run, volume: str = "0.10", **more: Any) -> int:
    """Buy gold at 2,350.50 and a tick; returns the position."""
    run.ask(order("buy", volume, **more))
    run.see(Tick(run.now + 1, 235_000, 235_050))
    return next(iter(run.account.positions))


def verdict(run: Run, limits: Limits, **more: Any) -> str:
    """Ask for a small order; returns the limit that refuses it, "" if none does."""
    told = {"stop_loss": Decimal(2_340)} | more
    return refusal(run.ask(order("buy", "0.10", **told), limits))


def refusal(events: list[Any]) -> str:
    """Return by which limit a command was refused."""
    return next((one.verdict.limit for one in events if isinstance(one, Refused)), "")


@pytest.mark.parametrize(
    ("limit", "changes"),
    [
        ("notional", {"notional": 1.0}),
        ("gross", {"gross": 4.0}),
        ("per_symbol", {"per_symbol": 4.0}),
        ("risk_per_trade", {"risk_per_trade": 0.01}),
        ("trades_a_day", {"trades_a_day": 1}),
        ("orders_a_minute", {"orders_a_minute": 1}),
        ("price_band", {"price_band": 0.01}),
        ("symbols", {"symbols": ("EURUSD",)}),
        ("", {"notional": 10.0, "symbols": ("EURUSD", "broker:XAUUSD")}),
    ],
)
def test_a_limit_refuses_what_is_beyond_it_by_its_name(limit: str, changes: dict[str, Any]) -> None:
    run = Run()
    bought(run)
    far = {"type": "limit", "price": Decimal(2_300), "stop_loss": Decimal(2_290)}
    more = far if limit == "price_band" else {}
    assert verdict(run, replace(WIDE, **changes), **more) == limit


def test_open_positions_are_counted_by_market() -> None:
    run = Run()
    bought(run)
    silver = replace(GOLD, symbol="XAGUSD")
    prices = {str(one.market): Price(235_000, 235_050, run.now) for one in (GOLD, silver)}
    view = View(instrument=silver, prices=prices, limits=replace(WIDE, open_positions=1))
    asked = replace(order("buy", "0.10", stop_loss=Decimal(2_340)), symbol="XAGUSD")
    told = Ordered(at=run.now, id=99, client_order_id="s", command=asked, view=view)
    assert refusal(run.take(told)) == "open_positions"


def test_losses_of_the_day_and_falls_from_the_peak_refuse_entries() -> None:
    run = Run()
    bought(run, "1.00")
    run.see(Tick(run.now + 1, 234_000, 234_050))
    assert verdict(run, replace(WIDE, daily_loss=0.05), stop_loss=Decimal(2_330)) == "daily_loss"
    assert verdict(run, replace(WIDE, drawdown=0.05), stop_loss=Decimal(2_330)) == "drawdown"


def test_a_stop_is_followed_by_its_cooldown_and_losses_lock_the_market() -> None:
    run = Run()
    bought(run, stop_loss=Decimal(2_349))
    run.see(Tick(run.now + 1, 234_890, 234_940))
    assert run.account.positions == {}
    assert verdict(run, replace(WIDE, cooldown_s=60)) == "cooldown"
    assert verdict(run, replace(WIDE, losses_in_a_row=1)) == "losses_in_a_row"
    run.now += 61_000
    assert verdict(run, replace(WIDE, cooldown_s=60)) == ""


@pytest.mark.parametrize(
    ("limit", "view"),
    [
        ("price", {"prices": {}}),
        ("price", {"prices": {"broker:XAUUSD": Price(235_000, 235_050, BEGAN - 11_000)}}),
        ("spread", {"prices": {"broker:XAUUSD": Price(235_000, 236_000, BEGAN)}}),
        ("rate", {"instrument": replace(GOLD, quote="EUR")}),
        ("instrument", {"instrument": None}),
        ("state", {"state": "HALTED"}),
        ("state", {"state": "REDUCING"}),
    ],
)
def test_what_is_missing_old_or_shut_refuses(limit: str, view: dict[str, Any]) -> None:
    run = Run()
    known = {"instrument": GOLD, "prices": {"broker:XAUUSD": Price(235_000, 235_050, BEGAN)}}
    limits = replace(WIDE, spreads=10.0)
    told = View(**{"limits": limits, **known, **view})
    asked = Ordered(
        at=BEGAN, id=1, client_order_id="1", view=told,
        command=order("buy", "0.10", stop_loss=Decimal(2_340)),
    )  # fmt: skip
    assert refusal(run.take(asked)) == limit


def test_no_limit_traps_a_position() -> None:
    run = Run()
    position = bought(run)
    nothing = Limits(
        notional=1e-9, gross=1e-9, per_symbol=1e-9, risk_per_trade=1e-9, daily_loss=1e-9,
        drawdown=1e-9, trades_a_day=1, orders_a_minute=1, open_positions=1, price_band=1e-9,
    )  # fmt: skip
    events = run.ask(ClosePosition(position_id=position), nothing)
    assert any(isinstance(one, Accepted) for one in events)


def test_a_candle_that_touches_both_exits_was_the_stop_and_a_gap_fills_at_its_opening() -> None:
    both = Run()
    bought(both, stop_loss=Decimal(2_340), take_profit=Decimal(2_360))
    fills = candle(both, 2_351, high=2_365, low=2_335)
    # Half the recorded spread of 2 basis points below the candle's prices, and a tick.
    assert [(one.exit, one.price) for one in fills] == [("stop_loss", 233_999)]
    gap = Run()
    bought(gap, stop_loss=Decimal(2_340))
    (fill,) = candle(gap, 2_330, high=2_331, low=2_325)
    opening = candle_ticks(GOLD, gap.now, 2_330, 2_331, 2_325)[0].bid
    assert (fill.exit, fill.price) == ("stop_loss", opening - 1)


def candle(run: Run, opening: float, *, high: float, low: float) -> list[Any]:
    """Take a candle; returns the fills."""
    found = []
    for tick in candle_ticks(GOLD, run.now + 60_000, opening, high, low):
        found += run.see(tick)
    return [one.fill for one in found if isinstance(one, Filled)]


def test_nights_are_charged_at_the_close_of_new_york_and_three_on_wednesdays() -> None:
    # From Monday 2025-11-24 12:00 UTC for a week: the closes of Monday to Friday.
    monday = 1_763_985_600_000
    closes = rollovers(monday, monday + 7 * 24 * HOUR)
    assert [nights for _, nights in closes] == [1, 1, 3, 1, 1]
    assert {at % (24 * HOUR) for at, _ in closes} == {22 * HOUR}
    run = Run()
    bought(run, "1.00")
    price = Price(235_000, 235_050, run.now)
    until = run.now + 24 * HOUR
    events = run.take(Timed(at=until, prices={"broker:XAUUSD": price}))
    charged = [one for one in events if isinstance(one, Swapped)]
    assert sum(one.nights for one in charged) in (1, 3)
    assert run.take(Timed(at=until, prices={"broker:XAUUSD": price})) == []


def test_rates_are_of_the_pair_its_inverse_or_one_cross_and_never_an_old_one() -> None:
    now = now_ms()
    held = {"EURUSD": Rate(Decimal("1.1"), now), "USDJPY": Rate(Decimal(150), now),
            "GBPUSD": Rate(Decimal("1.3"), now - HOUR - 1)}  # fmt: skip
    pair = held.get
    direct, inverse, cross = (
        find_rate(one, into, now, pair)
        for one, into in (("EUR", "USD"), ("USD", "EUR"), ("EUR", "JPY"))
    )
    assert direct is not None
    assert inverse is not None
    assert cross is not None
    assert direct.value == Decimal("1.1")
    assert inverse.value == Decimal("0.909090909091")
    assert cross.value == Decimal(165)
    assert find_rate("GBP", "USD", now, pair) is None
    assert find_rate("GBP", "JPY", now, pair) is None
