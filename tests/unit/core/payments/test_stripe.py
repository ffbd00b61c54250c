"""Stripe: what is signed and when, and what each event says."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import MalformedRequest
from core.payments.events import BuyerEvent, ContractEvent, InvoiceEvent, UnreadableEvent
from core.payments.stripe import identify, read, verify
from tests.payments import (
    DAY,
    START,
    STRIPE_PRODUCT,
    STRIPE_SECRET,
    sign,
    stripe,
    stripe_invoice,
    stripe_signature,
    stripe_subscription,
)

BODY = stripe("invoice.paid", stripe_invoice(START, START + 31 * DAY))
HEADERS = {"stripe-signature": stripe_signature(BODY, START)}


@given(late=some.integers(-300_000, 300_000))
def test_a_signature_is_good_for_300_seconds_either_way(late: int) -> None:
    assert verify(HEADERS, BODY, ["other", STRIPE_SECRET], START + late)


@given(late=some.integers(300_001, 10**12), sign=some.sampled_from([1, -1]))
def test_an_old_signature_is_refused(late: int, sign: int) -> None:
    assert not verify(HEADERS, BODY, [STRIPE_SECRET], START + sign * late)


@given(place=some.integers(0, len(BODY) - 1), byte=some.integers(1, 255))
def test_a_body_changed_by_one_byte_is_refused(place: int, byte: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= byte
    assert not verify(HEADERS, bytes(changed), [STRIPE_SECRET], START)


@given(some.text())
def test_no_other_header_is_taken(header: str) -> None:
    assert not verify({"stripe-signature": header}, BODY, [STRIPE_SECRET], START)


@pytest.mark.parametrize(
    "header",
    [
        HEADERS["stripe-signature"].replace(f"t={START // 1_000}", f"t={START // 1_000 + 1}"),
        f"v1={sign(b'.' + BODY, STRIPE_SECRET)}",
        HEADERS["stripe-signature"].replace("v1=", "v2="),
        f"t={START // 1_000},t=1,v1={sign(b'1.' + BODY, STRIPE_SECRET)}",
        f"t=٣,v1={sign('٣.'.encode() + BODY, STRIPE_SECRET)}",
    ],
)
def test_the_time_is_signed_and_told_once(header: str) -> None:
    assert not verify({"stripe-signature": header}, BODY, [STRIPE_SECRET], START)


def test_one_good_signature_among_several_is_enough() -> None:
    header = HEADERS["stripe-signature"].replace("v1=", "v1=00,v1=")
    assert verify({"stripe-signature": header}, BODY, [STRIPE_SECRET], START)


@pytest.mark.parametrize(
    ("status", "more", "said", "ends_at"),
    [
        ("active", {}, "active", None),
        ("trialing", {}, "trial", None),
        ("incomplete", {}, "waiting", None),
        ("active", {"cancel_at_period_end": True}, "cancelled", START + 31 * DAY),
        ("past_due", {}, "late", START),
        ("unpaid", {}, "late", START),
        ("paused", {}, "suspended", None),
        ("canceled", {"ended_at": START // 1_000 + 60}, "finished", START + 60_000),
        ("incomplete_expired", {}, "finished", None),
    ],
)
def test_a_subscription_is_what_its_status_says(
    status: str, more: dict[str, object], said: str, ends_at: int | None
) -> None:
    thing = stripe_subscription(status, START, START + 31 * DAY, **more)
    [event] = read(stripe("customer.subscription.updated", thing, created=START + DAY))
    assert isinstance(event, ContractEvent)
    assert (event.status, event.ends_at, event.at) == (said, ends_at, START + DAY)
    assert event.paid_until == START + 31 * DAY
    assert event.products == ("price_1", STRIPE_PRODUCT)
    assert event.ends_when_late is (status == "unpaid")


def test_periods_are_found_where_earlier_versions_tell_them() -> None:
    thing = stripe_subscription("active", START, START)
    thing["items"]["data"][0].pop("current_period_end")
    [event] = read(stripe("customer.subscription.updated", {**thing, "current_period_end": 1_800}))
    assert isinstance(event, ContractEvent)
    assert event.paid_until == 1_800_000


@pytest.mark.parametrize("name", ["invoice.paid", "invoice.payment_succeeded"])
def test_a_paid_invoice_tells_who_what_and_until_when(name: str) -> None:
    [event] = read(stripe(name, stripe_invoice(START, START + 31 * DAY)))
    assert event == InvoiceEvent(
        invoice="pi_in_1",
        step="paid",
        at=START,
        contract="sub_1",
        paid_until=START + 31 * DAY,
        products=("price_1", STRIPE_PRODUCT),
        email="ana@example.com",
    )


def test_an_invoice_of_a_later_version_names_its_subscription_elsewhere() -> None:
    thing = stripe_invoice(START, START + DAY, subscription=None, payment_intent=None) | {
        "parent": {"subscription_details": {"subscription": "sub_2"}}
    }
    [event] = read(stripe("invoice.paid", thing))
    assert isinstance(event, InvoiceEvent)
    assert (event.invoice, event.contract) == ("in_1", "sub_2")


@pytest.mark.parametrize(
    ("name", "thing", "step"),
    [
        (
            "charge.refunded",
            {"id": "ch_1", "payment_intent": "pi_in_1", "refunded": True},
            "refunded",
        ),
        (
            "charge.refunded",
            {"id": "ch_1", "payment_intent": "pi_in_1", "refunded": False},
            "noted",
        ),
        ("charge.dispute.created", {"id": "dp_1", "payment_intent": "pi_in_1"}, "refunded"),
        ("invoice.payment_failed", stripe_invoice(START, START + DAY), "noted"),
    ],
)
def test_a_refund_and_a_dispute_are_of_the_invoice_that_the_payment_paid(
    name: str, thing: object, step: str
) -> None:
    [event] = read(stripe(name, thing))
    assert isinstance(event, InvoiceEvent)
    assert (event.invoice, event.step) == ("pi_in_1", step)


def test_a_checkout_tells_whose_a_subscription_is() -> None:
    thing = {
        "subscription": "sub_1",
        "customer_details": {"email": "ana@example.com", "name": "Ana"},
    }
    assert read(stripe("checkout.session.completed", thing)) == [
        BuyerEvent(contract="sub_1", at=START, email="ana@example.com", name="Ana")
    ]
    assert read(stripe("checkout.session.completed", {"mode": "payment"})) == []


@pytest.mark.parametrize(
    "name", ["customer.created", "invoice.created", "invoice.paidx", "invoice"]
)
def test_other_events_say_nothing(name: str) -> None:
    assert read(stripe(name, {})) == []


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("invoice.paid", {}),
        ("customer.subscription.updated", {"id": "s", "status": "x", "created": 1}),
    ],
)
def test_an_event_that_is_not_as_documented_is_said_to_be_so(name: str, thing: object) -> None:
    with pytest.raises(UnreadableEvent):
        read(stripe(name, thing))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":"e"}', b'{"id":1,"type":"x","created":1}'])
def test_what_is_no_event_at_all_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        identify(body)


def test_an_event_goes_by_its_id() -> None:
    assert identify(stripe("x", {}, event_id="evt_7")) == ("evt_7", "x", START)
