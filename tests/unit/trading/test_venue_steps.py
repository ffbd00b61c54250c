"""An account at a venue as pure steps: what sendings, answers and readings make of it."""

from decimal import Decimal
from typing import Any

import pytest

from core.trading.accounts import Limits, Price, Tick
from core.trading.events import (
    Ended,
    Event,
    Filled,
    Looked,
    Opening,
    Ordered,
    Replied,
    Row,
    Sending,
    Sent,
    Switched,
    Ticked,
    VenueView,
    View,
)
from core.trading.instruments import Instrument
from core.trading.orders import ClosePosition, PlaceOrder
from core.venues.account import VenueDeal, VenueOrder, VenuePosition, VenueReading
from core.venues.trades import MAGIC, SendClose, SendOrder, TradeAnswer
from trading.replay import Replay
from trading.step import open_account, step
from trading.venues.sending import command_of

AT, NUMBER = 1_760_000_000_000, 1 << 44
EURO = Instrument(
    platform="metaapi", symbol="EURUSD", base="EUR", quote="USD", contract_size=Decimal(100_000),
    tick_size=Decimal("0.00001"), volume_min=Decimal("0.01"), volume_step=Decimal("0.01"),
    volume_max=Decimal(100),
)  # fmt: skip
WIDE = Limits(notional=9.0, gross=9.0, per_symbol=9.0, trades_a_day=100, orders_a_minute=100)
BUY = PlaceOrder(
    platform="metaapi", symbol="EURUSD", side="buy", volume=Decimal("0.10"),
    stop_loss=Decimal("1.09"),
)  # fmt: skip
UNKNOWN = TradeAnswer(state="unknown", code="lost")


class Course:
    """An account and every step of it, with the proof that they can be taken again."""

    def __init__(self, *, hedging: bool = True) -> None:
        opening = Opening(
            at=AT, account_id=NUMBER, currency="USD", leverage=100, deposit=Decimal(10_000),
            venue="metaapi", hedging=hedging,
        )  # fmt: skip
        self.account, events = open_account(opening)
        self._rows: list[Row] = [Row(events[0], opening)]
        self._next = 1

    def take(self, what: Any) -> list[Event]:
        events = step(self.account, what)
        first, *others = [*events, None]
        if first is not None:
            self._rows += [Row(first, what), *(Row(one) for one in others if one is not None)]
        return events

    def order(self, command: Any = BUY, at: int = AT, **view: Any) -> int:
        number, self._next = self._next, self._next + 1
        seen = VenueView(**({"read_at": at, "equity": 10_000 * 10**8} | view))
        price = {"metaapi:EURUSD": Price(109_990, 110_000, at)}
        known = View(instrument=EURO, prices=price, limits=WIDE, venue=seen)
        asked = Ordered(
            at=at, id=number, client_order_id=f"order-{number}", command=command, view=known
        )
        self.events = self.take(asked)
        return number

    def sent(self, command: Any = BUY, at: int = AT) -> int:
        number = self.order(command, at)
        assert self.take(Sending(at=at, order_id=number)) == [Sent(at=at, order_id=number)]
        return number

    def reply(self, number: int, answer: TradeAnswer, at: int = AT) -> list[Event]:
        return self.take(Replied(at=at, order_id=number, answer=answer))

    def client_id(self, number: int) -> str:
        marks = self.account.orders[number].venue
        assert marks is not None
        return marks.client_id

    def look(self, at: int = AT + 1_000, **shown: Any) -> list[Event]:
        balance = shown.pop("balance", None)
        reading = VenueReading(read_at=at, since=AT - 60_000, **({"complete": True} | shown))
        return self.take(
            Looked(at=at, reading=reading, balance=balance, instruments={"EURUSD": EURO})
        )

    def check(self) -> None:
        replay = Replay()
        for number, row in enumerate(self._rows, 1):
            replay.take(number, NUMBER, row)
        replay.end()
        replay.compare([self.account])
        assert replay.differences == []
        assert sum(self.account.books.values()) == 0


def position(client_id: str | None, name: str = "7", **changed: Any) -> VenuePosition:
    usual: dict[str, Any] = {
        "id": name, "symbol": "EURUSD", "side": "buy", "volume": Decimal("0.10"),
        "open_price": Decimal("1.1"), "current_price": Decimal("1.1"), "opened_at": AT + 500,
        "profit": Decimal(0), "swap": Decimal(0), "commission": Decimal(0), "magic": MAGIC,
        "client_id": client_id,
    }  # fmt: skip
    return VenuePosition(**(usual | changed))


def deal(name: str, entry: str = "in", **changed: Any) -> VenueDeal:
    usual: dict[str, Any] = {
        "id": name, "symbol": "EURUSD", "side": "buy" if entry == "in" else "sell",
        "entry": entry, "volume": Decimal("0.10"), "price": Decimal("1.1"), "at": AT + 500,
        "profit": Decimal(0), "swap": Decimal(0), "commission": Decimal(0), "position_id": "7",
        "magic": MAGIC,
    }  # fmt: skip
    return VenueDeal(**(usual | changed))


def held(course: Course) -> int:
    """Open a position of the course; returns its number."""
    number = course.sent()
    mine = course.client_id(number)
    course.reply(number, TradeAnswer(state="done", order_id="5", position_id="7"))
    fee = Decimal("-0.35")
    course.look(positions=(position(mine),), deals=(deal("1", client_id=mine, commission=fee),))
    assert list(course.account.positions) == [number]
    return number


def test_an_order_is_accepted_first_and_sent_by_a_step_of_its_own() -> None:
    course = Course()
    number = course.order()
    assert [type(one).__name__ for one in course.events][-1] == "Accepted"
    order = course.account.orders[number]
    assert order.state == "accepted"
    told = command_of(order)
    assert isinstance(told, SendOrder)
    assert (told.volume, told.stop_loss) == (Decimal("0.10"), Decimal("1.09000"))
    assert told.client_id.startswith("TC_EURUSD_")
    course.take(Sending(at=AT, order_id=number))
    assert course.take(Sending(at=AT, order_id=number)) == []
    course.check()


@pytest.mark.parametrize(
    ("state", "gate"), [("HALTED", ""), ("REDUCING", ""), ("ACTIVE", "live_enabled")]
)
def test_what_is_no_longer_allowed_is_not_sent(state: Any, gate: str) -> None:
    course = Course()
    number = course.order()
    (ended,) = course.take(Sending(at=AT, order_id=number, state=state, gate=gate))
    assert isinstance(ended, Ended)
    assert ended.state == "cancelled"
    course.check()


def test_each_fill_tells_by_how_much_it_was_worse_than_on_paper() -> None:
    course = Course()
    number = course.sent()
    mine = course.client_id(number)
    worse = Decimal("1.10011")
    course.look(positions=(position(mine),), deals=(deal("1", client_id=mine, price=worse),))
    # The ask was 1.10000.
    assert course.account.positions[number].gap_bps == 1
    stopped = deal("2", "out", price=Decimal("1.08891"), reason="SL", at=AT + 900)
    (filled,) = [
        one for one in course.look(AT + 2_000, deals=(stopped,)) if isinstance(one, Filled)
    ]
    assert (filled.fill.paper, filled.fill.gap_bps) == (109_000, 10)
    assert filled.fill.entry is not None
    assert filled.fill.entry.gap_bps == 1
    course.check()


def test_a_price_that_is_old_is_no_price_of_paper() -> None:
    course = Course()
    view = View(instrument=EURO, prices={"metaapi:EURUSD": Price(109_990, 110_000, AT)},
                limits=WIDE, venue=VenueView(read_at=AT, equity=10_000 * 10**8))  # fmt: skip
    at = AT + 3_000
    course.take(Ordered(at=at, id=1, client_order_id="late", command=BUY, view=view))
    marks = course.account.orders[1].venue
    assert marks is not None
    assert marks.paper is None


def test_a_halt_ends_what_waits_and_leaves_what_was_sent_to_the_venue() -> None:
    course = Course()
    waits, gone = course.order(), course.sent()
    course.take(Switched(at=AT, state="HALTED", reason="enough"))
    assert list(course.account.orders) == [gone]
    assert course.take(Sending(at=AT, order_id=waits)) == []
    refused = course.order()
    assert refused not in course.account.orders
    course.check()


def test_an_unknown_order_counts_until_two_readings_and_a_minute_say_it_is_not_there() -> None:
    course = Course()
    number = course.sent()
    course.reply(number, UNKNOWN)
    tight = {"equity": 1_300 * 10**8}
    course.order(**tight)
    assert course.account.orders.keys() == {number}
    course.look(AT + 31_000, complete=False)
    course.look(AT + 35_000)
    course.look(AT + 50_000)
    assert course.account.orders[number].state == "unknown"
    (ended,) = course.look(AT + 66_000)
    assert isinstance(ended, Ended)
    assert (ended.state, ended.reason) == ("rejected", "not_at_venue")
    course.check()


def test_an_unknown_order_is_found_by_its_id_and_booked_as_the_venue_says() -> None:
    course = Course()
    number = course.sent()
    course.reply(number, UNKNOWN)
    mine = course.client_id(number)
    shown = {
        "positions": (position(mine, open_price=Decimal("1.10003")),),
        "deals": (deal("1", client_id=mine, price=Decimal("1.10003"), commission=Decimal("-0.7")),),
        "balance": Decimal("9999.3"),
    }
    course.look(**shown)
    assert course.account.orders == {}
    found = course.account.positions[number]
    assert (found.venue_id, found.volume, found.commission) == ("7", 10, 70_000_000)
    assert course.account.balance == 999_930_000_000
    assert course.look(AT + 11_000, **shown) == []
    course.check()


def test_a_closing_and_a_stop_at_the_venue_end_a_position_with_its_profit() -> None:
    course = Course()
    number = held(course)
    part = course.sent(ClosePosition(position_id=number, volume=Decimal("0.04")), AT + 2_000)
    told = command_of(course.account.orders[part])
    assert isinstance(told, SendClose)
    assert (told.position_id, told.volume) == ("7", Decimal("0.04"))
    too_much = course.order(ClosePosition(position_id=number), AT + 2_000)
    assert too_much not in course.account.orders
    closing = deal("2", "out", volume=Decimal("0.04"), profit=Decimal(4),
                   client_id=course.client_id(part), at=AT + 2_500)  # fmt: skip
    course.reply(part, TradeAnswer(state="done", order_id="6"), AT + 2_500)
    left = position(None, volume=Decimal("0.06"))
    course.look(AT + 3_000, positions=(left,), deals=(closing,))
    assert course.account.orders == {}
    assert course.account.positions[number].volume == 6
    stopped = deal("3", "out", volume=Decimal("0.06"), profit=Decimal(-9), reason="SL",
                   swap=Decimal("-0.5"), at=AT + 4_000)  # fmt: skip
    course.look(AT + 5_000, deals=(closing, stopped), balance=Decimal("9994.15"))
    assert course.account.positions == {}
    assert course.account.balance == 999_415_000_000
    assert course.account.stops
    course.check()


def test_positions_of_others_count_and_do_not_halt() -> None:
    course = Course()
    course.look(positions=(position(None, "9", magic=0, volume=Decimal(1)),))
    where = course.account.at_venue
    assert where is not None
    assert [one.value for one in where.foreign] == [110_000 * 10**8]
    assert course.account.state == "ACTIVE"
    refused = course.order()
    assert refused not in course.account.orders
    course.check()


def test_a_position_that_is_gone_unexplained_halts_with_both_sides_until_somebody_resumes() -> None:
    course = Course()
    number = held(course)
    course.look(AT + 3_000)
    where = course.account.at_venue
    assert where is not None
    assert (course.account.state, course.account.reason) == ("HALTED", "reconciliation")
    assert where.differences == [
        ("position 7 EURUSD buy 0.10", "position 7 EURUSD nothing"),
    ]
    assert course.order(ClosePosition(position_id=number)) not in course.account.orders
    course.take(Switched(at=AT + 4_000, state="ACTIVE", reason="looked at"))
    course.look(AT + 13_000)
    assert course.account.state == "ACTIVE"
    course.check()


def test_money_that_comes_or_goes_is_neither_gain_nor_loss() -> None:
    course = Course()
    course.look(balance=Decimal(4_000))
    assert course.account.balance == 4_000 * 10**8
    assert course.account.peak == 4_000 * 10**8
    course.check()


def test_an_account_that_nobody_could_read_takes_no_order_but_lets_positions_go() -> None:
    course = Course()
    number = held(course)
    stale = course.order(at=AT + 120_000, read_at=AT)
    assert stale not in course.account.orders
    closing = course.order(ClosePosition(position_id=number), AT + 120_000, read_at=AT)
    assert closing in course.account.orders
    course.check()


def test_where_the_venue_nets_a_market_has_one_position() -> None:
    course = Course(hedging=False)
    held(course)
    assert course.order(at=AT + 2_000) not in course.account.orders
    course.check()


def test_no_price_of_ours_fills_or_ends_anything_at_a_venue() -> None:
    course = Course()
    held(course)
    crash = Ticked(platform="metaapi", symbol="EURUSD", tick=Tick(AT, 1, 2), rate=Decimal(1))
    assert course.take(crash) == []


def test_an_order_of_two_fills_has_the_mean_of_both() -> None:
    course = Course()
    number = course.sent()
    mine = course.client_id(number)
    course.reply(number, UNKNOWN)
    first = deal("1", client_id=mine, volume=Decimal("0.04"))
    rest = VenueOrder(
        id="5", symbol="EURUSD", side="buy", state="ORDER_STATE_PLACED", volume=Decimal("0.10"),
        remaining=Decimal("0.06"), placed_at=AT + 500, client_id=mine, magic=MAGIC,
    )  # fmt: skip
    opened = position(mine, volume=Decimal("0.04"))
    course.look(positions=(opened,), deals=(first,), orders=(rest,))
    assert course.account.orders[number].state == "partially_filled"
    second = deal("2", client_id=mine, volume=Decimal("0.06"), price=Decimal("1.1001"))
    mean = position(mine, open_price=Decimal("1.10006"))
    course.look(AT + 2_000, positions=(mean,), deals=(first, second))
    assert course.account.orders == {}
    # 0.04 at 1.10000 and 0.06 at 1.10010 of 100,000.
    assert course.account.positions[number].cost == 1_100_060_000_000
    course.check()
