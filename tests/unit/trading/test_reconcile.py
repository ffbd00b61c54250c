"""What a venue shows of our orders: found by id or marks, proven absent, or not explained."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.venues.account import VenueDeal, VenueOrder, VenuePosition, VenueReading
from core.venues.trades import MAGIC
from trading.venues.reconcile import APART_MS, OLD_MS, UNDECIDED_MS, WINDOW_MS, reconcile
from trading.venues.sent_orders import HeldPosition, Ours, SentOrder, venue_client_id

T0 = 1_700_000_000_000
LOT = Decimal("0.10")


def sent(client_id: str = "TC_EURUSD_A", **changed: object) -> SentOrder:
    usual = {"symbol": "EURUSD", "side": "buy", "volume": LOT, "sent_at": T0}
    return SentOrder(client_id=client_id, **(usual | changed))  # type: ignore[arg-type]


def position(
    name: str = "1", client_id: str | None = "TC_EURUSD_A", **changed: object
) -> VenuePosition:
    usual = {
        "symbol": "EURUSD", "side": "buy", "volume": LOT, "open_price": Decimal("1.08"),
        "current_price": Decimal("1.08"), "opened_at": T0 + 500, "profit": Decimal(0),
        "swap": Decimal(0), "commission": Decimal(0), "magic": MAGIC,
    }  # fmt: skip
    return VenuePosition(id=name, client_id=client_id, **(usual | changed))  # type: ignore[arg-type]


def deal(name: str = "d1", **changed: object) -> VenueDeal:
    usual = {
        "symbol": "EURUSD", "side": "buy", "entry": "in", "volume": LOT, "price": Decimal("1.08"),
        "at": T0 + 500, "profit": Decimal(0), "swap": Decimal(0), "commission": Decimal(0),
        "position_id": "1", "magic": MAGIC, "client_id": "TC_EURUSD_A",
    }  # fmt: skip
    return VenueDeal(id=name, **(usual | changed))  # type: ignore[arg-type]


def reading(at: int = 1_000, **shown: object) -> VenueReading:
    usual = {"since": T0 - 3_600_000, "complete": True}
    return VenueReading(read_at=T0 + at, **(usual | shown))  # type: ignore[arg-type]


def test_an_order_is_found_by_our_id() -> None:
    found = reconcile(Ours(orders=[sent()]), reading(positions=(position(),)))
    (order,) = found.resolved
    assert (order.state, order.by, order.position_id) == ("filled", "client_id", "1")
    assert (order.volume, order.price) == (LOT, Decimal("1.08"))
    assert not found.absent
    assert not found.differences
    assert not found.foreign


@pytest.mark.parametrize("client_id", ["TC_EURUSD", "TC_EURUSD_changed", None])
def test_one_thing_with_our_marks_is_our_order_though_its_id_was_changed(
    client_id: str | None,
) -> None:
    found = reconcile(Ours(orders=[sent()]), reading(positions=(position("1", client_id),)))
    (order,) = found.resolved
    assert (order.state, order.by, order.position_id) == ("filled", "marks", "1")
    assert not found.differences


@pytest.mark.parametrize(
    "changed",
    [
        {"magic": 0}, {"symbol": "GBPUSD"}, {"side": "sell"}, {"volume": Decimal("0.11")},
        {"opened_at": T0 + WINDOW_MS + 1}, {"opened_at": T0 - 60_000},
    ],
)  # fmt: skip
def test_what_differs_in_any_mark_is_not_our_order(changed: dict[str, object]) -> None:
    found = reconcile(Ours(orders=[sent()]), reading(positions=(position("1", None, **changed),)))
    assert not found.resolved
    assert list(found.absent) == ["TC_EURUSD_A"]


def test_of_two_candidates_none_is_taken_and_in_the_end_a_person_must_look() -> None:
    shown = {"positions": (position("1", None), position("2", None))}
    early = reconcile(Ours(orders=[sent()]), reading(**shown))
    assert not early.resolved
    assert not early.absent
    assert not early.differences
    late = reconcile(Ours(orders=[sent()]), reading(UNDECIDED_MS, **shown))
    assert not late.resolved
    assert [one.theirs for one in late.differences] == ["any of 1, 2"]


def test_two_orders_that_one_thing_may_be_both_stay_unknown() -> None:
    ours = Ours(orders=[sent("TC_EURUSD_A"), sent("TC_EURUSD_B", sent_at=T0 + 10)])
    found = reconcile(ours, reading(positions=(position("1", None),)))
    assert not found.resolved
    assert not found.absent


def test_the_marks_of_a_position_that_is_known_are_no_candidate() -> None:
    held = HeldPosition(position_id="1", symbol="EURUSD", side="buy", volume=LOT)
    ours = Ours(orders=[sent()], held=[held])
    found = reconcile(ours, reading(positions=(position("1", None),)))
    assert not found.resolved
    assert list(found.absent) == ["TC_EURUSD_A"]


def test_two_complete_readings_far_apart_that_lack_an_old_order_reject_it() -> None:
    first = reconcile(Ours(orders=[sent()]), reading(OLD_MS - APART_MS))
    assert dict(first.absent) == {"TC_EURUSD_A": T0 + OLD_MS - APART_MS}
    again = sent(absent_since=first.absent["TC_EURUSD_A"])
    early = reconcile(Ours(orders=[again]), reading(OLD_MS - 1))
    assert not early.resolved
    assert early.absent == first.absent
    (done,) = reconcile(Ours(orders=[again]), reading(OLD_MS)).resolved
    assert (done.state, done.reason, done.by) == ("rejected", "not_at_venue", "absence")


def test_an_old_order_that_one_reading_lacks_is_not_rejected_by_it() -> None:
    found = reconcile(Ours(orders=[sent()]), reading(10 * OLD_MS))
    assert not found.resolved
    assert dict(found.absent) == {"TC_EURUSD_A": T0 + 10 * OLD_MS}


@pytest.mark.parametrize("incomplete", [{"complete": False}, {"since": T0 + 1}])
def test_nothing_follows_from_a_reading_that_is_not_complete(incomplete: dict[str, object]) -> None:
    ours = Ours(orders=[sent(absent_since=T0)])
    found = reconcile(ours, reading(10 * OLD_MS, **incomplete))
    assert not found.resolved
    assert not found.absent


def test_a_venue_whose_clock_is_hours_off_is_understood() -> None:
    off = 7_200_000
    shown = position("1", None, opened_at=T0 + off + 500)
    found = reconcile(Ours(orders=[sent()]), reading(positions=(shown,), clock_offset_ms=off))
    assert [one.by for one in found.resolved] == ["marks"]


def test_an_order_that_opened_and_was_stopped_out_before_anybody_looked_is_filled() -> None:
    out = deal("d2", entry="out", side="sell", price=Decimal("1.07"), at=T0 + 900, reason="SL",
               client_id=None)  # fmt: skip
    found = reconcile(Ours(orders=[sent()]), reading(deals=(deal(), out)))
    assert [(one.state, one.position_id) for one in found.resolved] == [("filled", "1")]
    assert [(one.deal_id, one.price, one.reason) for one in found.closings] == [
        ("d2", Decimal("1.07"), "SL")
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [("CANCELED", "cancelled"), ("EXPIRED", "expired"), ("REJECTED", "rejected")],
)
def test_the_end_of_an_order_that_was_not_filled_is_that_of_the_venue(
    state: str, expected: str
) -> None:
    ended = waiting(done_at=T0 + 900, state=f"ORDER_STATE_{state}")
    found = reconcile(Ours(orders=[sent()]), reading(history=(ended,)))
    assert [one.state for one in found.resolved] == [expected]


def test_an_order_that_waits_is_working_and_one_that_is_filled_in_part_says_so() -> None:
    waits = reconcile(Ours(orders=[sent()]), reading(orders=(waiting(),)))
    assert [(one.state, one.order_id) for one in waits.resolved] == [("working", "o1")]
    half = position(volume=LOT / 2)
    part = reconcile(Ours(orders=[sent()]), reading(positions=(half,)))
    assert [(one.state, one.volume) for one in part.resolved] == [("partially_filled", LOT / 2)]


def test_positions_of_others_are_foreign_and_nothing_else() -> None:
    other = position("9", "somebody", magic=7)
    found = reconcile(Ours(), reading(positions=(other,)))
    assert found.foreign == [other]
    assert not found.differences


def test_a_position_with_our_magic_that_no_order_explains_is_a_difference() -> None:
    ours = Ours(ended=frozenset({"TC_EURUSD_A"}))
    found = reconcile(ours, reading(positions=(position(),)))
    assert [one.ours for one in found.differences] == ["no order"]


@pytest.mark.parametrize(
    ("rest", "parts", "explained"),
    [
        (LOT, [], True),
        (None, [], False),
        (LOT / 2, [], False),
        (LOT / 2, [LOT / 2], True),
        (None, [LOT / 2, LOT / 2], True),
        # Closed between the two calls.
        (LOT, [LOT / 2], True),
        (LOT * 2, [], False),
        (None, [LOT / 2], False),
    ],
)
def test_a_held_position_is_where_its_deals_leave_it_or_there_is_a_difference(
    rest: Decimal | None, parts: list[Decimal], explained: bool
) -> None:
    held = HeldPosition(position_id="1", symbol="EURUSD", side="buy", volume=LOT)
    shown = () if rest is None else (position(volume=rest),)
    deals = tuple(
        deal(f"d{at}", entry="out", side="sell", volume=part, at=T0 + at)
        for at, part in enumerate(parts)
    )
    found = reconcile(Ours(held=[held]), reading(positions=shown, deals=deals))
    assert bool(found.differences) != explained
    assert [one.volume for one in found.closings] == parts


def test_closings_that_are_booked_are_not_told_again() -> None:
    held = HeldPosition(position_id="1", symbol="EURUSD", side="buy", volume=LOT / 2)
    ours = Ours(held=[held], booked=frozenset({"d1"}))
    out = deal("d1", entry="out", side="sell", volume=LOT / 2)
    found = reconcile(ours, reading(positions=(position(volume=LOT / 2),), deals=(out,)))
    assert not found.closings
    assert not found.differences


@pytest.mark.parametrize(("client_id", "by"), [("TC_close", "client_id"), (None, "marks")])
def test_a_closing_whose_answer_was_lost_is_found_by_its_deal(
    client_id: str | None, by: str
) -> None:
    held = HeldPosition(position_id="1", symbol="EURUSD", side="buy", volume=LOT)
    order = sent("TC_close", side="sell", closes="1")
    out = deal("d2", entry="out", side="sell", client_id=client_id, at=T0 + 400)
    ours = Ours(orders=[order], held=[held])
    found = reconcile(ours, reading(deals=(deal(), out)))
    (done,) = found.resolved
    assert (done.state, done.by, done.position_id, done.volume) == ("filled", by, "1", LOT)
    assert not found.differences
    still = reconcile(ours, reading(positions=(position(),), deals=(deal(),)))
    assert list(still.absent) == ["TC_close"]


def test_our_ids_are_short_stable_and_differ() -> None:
    assert venue_client_id("EURUSD.m", "abc") == venue_client_id("EURUSD.m", "abc")
    ids = {venue_client_id("eur/usd", f"order-{n}") for n in range(2_000)}
    assert len(ids) == 2_000
    assert {len(one) for one in ids} == {18}
    assert {one[:10] for one in ids} == {"TC_EURUSD_"}
    assert venue_client_id("^^", "a").startswith("TC_X_")


@given(
    st.lists(st.sampled_from(["lost", "kept", "changed"]), max_size=6),
    st.permutations(range(6)),
)
def test_whatever_was_kept_is_found_in_any_order_and_nothing_twice(
    fates: list[str], order: list[int]
) -> None:
    # Each of its own volume, so that marks tell them apart.
    volumes = [LOT * (n + 1) for n in range(len(fates))]
    orders = [sent(f"TC_{n}", volume=volume) for n, volume in enumerate(volumes)]
    names = {"kept": lambda n: f"TC_{n}", "changed": lambda n: None}
    shown = [
        position(str(n), names[fate](n), volume=volumes[n])
        for n, fate in enumerate(fates)
        if fate != "lost"
    ]
    mixed = tuple(shown[n] for n in order if n < len(shown))
    found = reconcile(Ours(orders=orders), reading(positions=mixed))
    assert {one.client_id: one.position_id for one in found.resolved} == {
        f"TC_{n}": str(n) for n, fate in enumerate(fates) if fate != "lost"
    }
    assert set(found.absent) == {f"TC_{n}" for n, fate in enumerate(fates) if fate == "lost"}
    assert not found.differences
    taken = [replace(one, absent_since=T0) for one in orders]
    assert reconcile(Ours(orders=taken), reading(positions=mixed)).resolved == found.resolved


def waiting(**changed: object) -> VenueOrder:
    usual = {
        "symbol": "EURUSD", "side": "buy", "state": "ORDER_STATE_PLACED", "volume": LOT,
        "remaining": LOT, "placed_at": T0 + 500, "magic": MAGIC, "client_id": "TC_EURUSD_A",
    }  # fmt: skip
    return VenueOrder(id="o1", **(usual | changed))  # type: ignore[arg-type]
