"""The paper engine under random commands and prices."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.trading.accounts import MONEY, Account, Fill, Limits, Price, Tick
from core.trading.events import (
    Accepted,
    Event,
    Filled,
    Input,
    Opening,
    Ordered,
    Row,
    Sent,
    Switched,
    Ticked,
    Timed,
    View,
)
from core.trading.instruments import Instrument
from core.trading.orders import CancelOrder, ClosePosition, ModifyPosition, PlaceOrder
from trading.replay import Replay
from trading.step import open_account, step

GOLD = Instrument(
    platform="broker", symbol="XAUUSD", base="XAU", quote="USD",
    contract_size=Decimal(100), tick_size=Decimal("0.01"),
    volume_min=Decimal("0.01"), volume_step=Decimal("0.01"), volume_max=Decimal(100),
    spread_bps=Decimal(2), commission_bps=Decimal("0.5"), swap_long=Decimal("-3.1"),
)  # fmt: skip
WIDE = Limits(
    notional=1e9, gross=1e9, per_symbol=1e9, risk_per_trade=1e9, daily_loss=1e9, drawdown=1e9,
    trades_a_day=10**9, orders_a_minute=10**9, open_positions=10**9, price_band=10, spreads=1e9,
    needs_stop=False,
)  # fmt: skip
BEGAN = 1_764_000_000_000


def opening() -> Opening:
    """Return the beginning of an account whose leverage bounds nothing."""
    return Opening(at=BEGAN, account_id=0, currency="USD", leverage=10**6, deposit=Decimal(10_000))


class Run:
    """An account through inputs, with all that happened."""

    def __init__(self, instrument: Instrument = GOLD) -> None:
        self.instrument = instrument
        self.account, events = open_account(opening())
        self.rows: list[Row] = []
        self.events: list[Event] = []
        self._note(opening(), events)
        self.now, self.number = BEGAN, 0
        self.tick = Tick(BEGAN, 235_000, 235_050)

    def take(self, what: Input) -> list[Event]:
        """Take a step."""
        events = step(self.account, what)
        self._note(what, events)
        return events

    def _note(self, what: Input, events: list[Event]) -> None:
        self.rows += [Row(event, None if n else what) for n, event in enumerate(events)]
        self.events += events

    def see(self, tick: Tick) -> list[Event]:
        """Take a price."""
        self.tick, self.now = tick, max(self.now, tick.at)
        quote = Ticked(platform="broker", symbol="XAUUSD", tick=tick, rate=Decimal(1))
        events = self.take(quote)
        for event in events:
            if isinstance(event, Filled):
                check_within(tick, event.fill)
        return events

    def ask(self, command: Any, limits: Limits = WIDE) -> list[Event]:
        """Take a command."""
        self.number += 1
        name = str(self.instrument.market)
        price = Price(self.tick.bid, self.tick.ask, self.now)
        view = View(instrument=self.instrument, prices={name: price}, limits=limits)
        asked = Ordered(
            at=self.now, id=self.number, client_order_id=str(self.number), command=command,
            view=view,
        )  # fmt: skip
        return self.take(asked)


def check_within(tick: Tick, fill: Fill) -> None:
    """Check that a price was there to be had, but for the slippage that the fill declares."""
    low = tick.bid if tick.low is None else tick.low
    high = tick.ask if tick.high is None else tick.high + tick.ask - tick.bid
    assert low - abs(fill.slippage) <= fill.price <= high + abs(fill.slippage)


def order(side: str, volume: str, **more: Any) -> PlaceOrder:
    """Return an order of gold."""
    return PlaceOrder(
        platform="broker",
        symbol="XAUUSD",
        side=side,
        volume=Decimal(volume),
        **more,  # type: ignore[arg-type]
    )


_PRICE = st.integers(234_000, 236_000)
_STEPS = st.one_of(
    st.tuples(st.just("tick"), st.integers(0, 3_000), _PRICE, st.integers(-2, 60)),
    st.tuples(
        st.just("place"), st.sampled_from(["buy", "sell"]),
        st.sampled_from(["market", "limit", "stop"]), st.integers(1, 300), _PRICE,
        st.none() | st.integers(1, 900), st.none() | st.integers(1, 900),
    ),
    st.tuples(st.just("close"), st.none() | st.integers(1, 400)),
    st.tuples(st.just("protect"), _PRICE),
    st.tuples(st.just("cancel"), st.integers(1, 20)),
    st.tuples(st.just("switch"), st.sampled_from(["HALTED", "REDUCING", "ACTIVE"])),
    st.tuples(st.just("night"), st.integers(1, 80)),
)  # fmt: skip


def carry_out(run: Run, what: tuple[Any, ...]) -> None:
    """Take one random step."""
    kind, *args = what
    if kind == "tick":
        passed, bid, spread = args
        run.see(Tick(run.now + passed, bid, bid + spread))
    elif kind == "place":
        side, how, volume, price, stop, target = args
        toward = 1 if side == "buy" else -1
        entry = price if how != "market" else run.tick.ask
        told: dict[str, Any] = {"type": how}
        if how != "market":
            told["price"] = Decimal(price) / 100
        if stop:
            told["stop_loss"] = Decimal(entry - toward * stop) / 100
        if target:
            told["take_profit"] = Decimal(entry + toward * target) / 100
        run.ask(order(side, str(Decimal(volume) / 100), **told))
    elif kind == "close" and run.account.positions:
        volume = None if args[0] is None else Decimal(args[0]) / 100
        run.ask(ClosePosition(position_id=next(iter(run.account.positions)), volume=volume))
    elif kind == "protect" and run.account.positions:
        stop = Decimal(args[0]) / 100
        run.ask(ModifyPosition(position_id=next(iter(run.account.positions)), stop_loss=stop))
    elif kind == "cancel":
        run.ask(CancelOrder(order_id=args[0]))
    elif kind == "switch":
        run.take(Switched(at=run.now, state=args[0], reason="a test", epoch=1))
    elif kind == "night":
        run.now += args[0] * 3_600_000
        price = Price(run.tick.bid, run.tick.ask, run.now)
        prices = {"broker:XAUUSD": price}
        run.take(Timed(at=run.now, prices=prices, limits=WIDE))


def check_books(account: Account, events: list[Event], deposit: int) -> None:
    """Check that postings sum to zero, and that they are all that the books hold."""
    books = dict.fromkeys(account.books, 0)
    for event in events:
        postings = getattr(event, "postings", [])
        assert sum(units for _, units in postings) == 0
        for name, units in postings:
            books[name] += units
    assert books == account.books
    assert -books["deposit"] == deposit
    earned = -books["realised"] - books["commission"] - books["swap"]
    assert account.balance == deposit + earned


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, min_size=5, max_size=60))
def test_whatever_happens_books_sum_to_zero_and_the_record_gives_the_same_bytes(
    steps: list[tuple[Any, ...]],
) -> None:
    run = Run()
    for what in steps:
        before = msgspec.json.encode(run.account)
        carry_out(run, what)
        if what[0] == "tick" and what[3] < 0:
            assert msgspec.json.encode(run.account) == before, "a crossed quote filled something"
    check_books(run.account, run.events, 10_000 * MONEY)
    check_order_of_states(run.events)
    held = sum(p.volume * (1 if p.side == "buy" else -1) for p in run.account.positions.values())
    fills = [event.fill for event in run.events if isinstance(event, Filled)]
    assert held == sum(fill.volume * (1 if fill.side == "buy" else -1) for fill in fills)
    check_end(run)
    replay = Replay()
    for number, row in enumerate(run.rows):
        wire = msgspec.json.decode(msgspec.json.encode(row), type=Row)
        replay.take(number, 0, wire)
    replay.end()
    replay.compare([run.account])
    assert replay.differences == []


def check_end(run: Run) -> None:
    """Check that an account can leave all it holds, and is then worth what its books say."""
    run.take(Switched(at=run.now, state="ACTIVE", reason="a test", epoch=2))
    for number in list(run.account.orders):
        run.ask(CancelOrder(order_id=number))
    for number in list(run.account.positions):
        run.ask(ClosePosition(position_id=number))
    run.see(Tick(run.now + 1, 235_000, 235_050))
    assert not run.account.positions
    assert not run.account.orders
    assert run.account.books["position_cost"] == 0
    check_books(run.account, run.events, 10_000 * MONEY)


def check_order_of_states(events: list[Event]) -> None:
    """Check that nothing is sent or filled that was not accepted before."""
    accepted: set[int] = set()
    for event in events:
        if isinstance(event, Accepted):
            assert event.verdict.accepted
            accepted.add(event.order.id)
        elif isinstance(event, Sent):
            assert event.order_id in accepted
        elif isinstance(event, Filled):
            assert event.fill.order_id in accepted
