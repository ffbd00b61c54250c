"""Stripe: signature with its time, events of subscriptions, invoices, refunds and disputes.

The objects are those of docs.stripe.com/api, of versions before and after 2025-03-31: what
was moved then is looked for in both places. Refunds and disputes name an invoice by the
payment that paid it, which an event of its own tells since then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.errors import MalformedRequest
from core.payments.events import (
    PAYING,
    BuyerEvent,
    ContractEvent,
    ContractStatus,
    Delivery,
    InvoiceEvent,
    InvoiceStep,
    PaymentEvent,
    Provider,
    SubscriptionEvent,
    UnreadableEvent,
)
from core.payments.signatures import is_signed

HEADER = "stripe-signature"
# Either side of our clock.
TOLERANCE_MS = 300_000
_STATUSES = {
    "active": ContractStatus.ACTIVE,
    "trialing": ContractStatus.TRIAL,
    "incomplete": ContractStatus.WAITING,
    "past_due": ContractStatus.LATE,
    "unpaid": ContractStatus.LATE,
    "paused": ContractStatus.SUSPENDED,
    "canceled": ContractStatus.FINISHED,
    "incomplete_expired": ContractStatus.FINISHED,
}


class _Id(msgspec.Struct):
    id: str


class _Price(msgspec.Struct):
    id: str
    product: str | _Id | None = None


class _PriceDetails(msgspec.Struct):
    price: str | None = None
    product: str | None = None


class _Pricing(msgspec.Struct):
    price_details: _PriceDetails | None = None


class _Period(msgspec.Struct):
    end: int


class _Line(msgspec.Struct):
    period: _Period | None = None
    price: _Price | None = None
    pricing: _Pricing | None = None
    current_period_start: int | None = None
    current_period_end: int | None = None


class _Lines(msgspec.Struct):
    data: list[_Line] = []


class _Subscription(msgspec.Struct):
    id: str
    status: str
    created: int
    start_date: int | None = None
    current_period_start: int | None = None
    current_period_end: int | None = None
    cancel_at_period_end: bool = False
    cancel_at: int | None = None
    ended_at: int | None = None
    items: _Lines = msgspec.field(default_factory=_Lines)


class _SubscriptionDetails(msgspec.Struct):
    subscription: str | None = None


class _Parent(msgspec.Struct):
    subscription_details: _SubscriptionDetails | None = None


class _Transitions(msgspec.Struct):
    paid_at: int | None = None


class _Invoice(msgspec.Struct):
    id: str
    payment_intent: str | None = None
    subscription: str | None = None
    parent: _Parent | None = None
    customer_email: str | None = None
    customer_name: str | None = None
    lines: _Lines = msgspec.field(default_factory=_Lines)
    status_transitions: _Transitions = msgspec.field(default_factory=_Transitions)


class _Billing(msgspec.Struct):
    email: str | None = None
    name: str | None = None


class _Charge(msgspec.Struct):
    """A charge, or a dispute of one."""

    id: str
    payment_intent: str | None = None
    invoice: str | None = None
    charge: str | None = None
    refunded: bool = False
    billing_details: _Billing | None = None


class _Paying(msgspec.Struct):
    payment_intent: str | _Id | None = None
    charge: str | _Id | None = None


class _InvoicePayment(msgspec.Struct):
    invoice: str | _Id
    payment: _Paying


class _Session(msgspec.Struct):
    subscription: str | None = None
    customer_details: _Billing | None = None


class _Data(msgspec.Struct):
    object: msgspec.Raw


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: _Data


def verify(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], now_ms: int) -> bool:
    """Say whether `Stripe-Signature` signs the body, within 300 s of now."""
    parts = [part.partition("=")[::2] for part in headers.get(HEADER, "").split(",")]
    times = [value.strip() for name, value in parts if name.strip() == "t"]
    signatures = [value for name, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or len(times[0]) > 12:
        return False
    if abs(now_ms - int(times[0]) * 1_000) > TOLERANCE_MS:
        return False
    return is_signed(signatures, times[0].encode() + b"." + raw, secrets)


def identify(raw: bytes) -> Delivery:
    """Return the event's id, name and time."""
    event = _event(raw)
    return Delivery(event.id, event.type, event.created * 1_000)


def read(raw: bytes, producer: str = "") -> list[SubscriptionEvent]:
    """Return what the event says; nothing if it is none that matters."""
    event = _event(raw)
    reader = _READERS.get(event.type)
    try:
        return reader(event) if reader else []
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UnreadableEvent(f"{event.type}: {error}") from None


def _event(raw: bytes) -> _Event:
    try:
        return msgspec.json.decode(raw, type=_Event)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise MalformedRequest(
            "The body is no event: a JSON object with id, type, created and data."
        ) from None


def _subscription(event: _Event) -> list[SubscriptionEvent]:
    found = msgspec.json.decode(event.data.object, type=_Subscription)
    status = _STATUSES.get(found.status)
    if status is None:
        raise UnreadableEvent(f"status: {found.status[:32]} is not known.")
    lines = found.items.data
    ends = [found.current_period_end, *(line.current_period_end for line in lines)]
    starts = [found.current_period_start, *(line.current_period_start for line in lines)]
    until = max((end for end in ends if end), default=None)
    ends_at = found.ended_at
    if status in PAYING and (found.cancel_at_period_end or found.cancel_at):
        status, ends_at = ContractStatus.CANCELLED, found.cancel_at or until
    elif status is ContractStatus.LATE:
        # The period has begun already for which nobody has paid.
        ends_at = max((start for start in starts if start), default=None)
    return [
        ContractEvent(
            contract=found.id,
            status=status,
            at=event.created * 1_000,
            starts_at=(found.start_date or found.created) * 1_000,
            paid_until=_ms(until),
            ends_at=_ms(ends_at),
            ends_when_late=found.status == "unpaid",
            products=_products(lines),
        )
    ]


def _invoice(step: InvoiceStep, event: _Event) -> list[SubscriptionEvent]:
    found = msgspec.json.decode(event.data.object, type=_Invoice)
    details = found.parent.subscription_details if found.parent else None
    ends = [line.period.end for line in found.lines.data if line.period]
    return [
        InvoiceEvent(
            invoice=found.payment_intent or found.id,
            step=step,
            at=_ms(found.status_transitions.paid_at) or event.created * 1_000,
            contract=found.subscription or (details.subscription if details else None),
            products=_products(found.lines.data),
            email=found.customer_email,
            name=found.customer_name or "",
            paid_until=_ms(max(ends, default=None)),
            note=event.type if step is InvoiceStep.NOTED else "",
        )
    ]


def _charge(event: _Event) -> list[SubscriptionEvent]:
    found = msgspec.json.decode(event.data.object, type=_Charge)
    whole = found.refunded or event.type.startswith("charge.dispute.")
    return [
        InvoiceEvent(
            invoice=found.payment_intent or found.invoice or found.charge or found.id,
            step=InvoiceStep.REFUNDED if whole else InvoiceStep.NOTED,
            at=event.created * 1_000,
            email=found.billing_details.email if found.billing_details else None,
            note="" if whole else event.type,
        )
    ]


def _payment(event: _Event) -> list[SubscriptionEvent]:
    found = msgspec.json.decode(event.data.object, type=_InvoicePayment)
    payment = found.payment.payment_intent or found.payment.charge
    if payment is None:
        return []
    return [
        PaymentEvent(invoice=_name(found.invoice), payment=_name(payment), at=event.created * 1_000)
    ]


def _name(told: str | _Id) -> str:
    return told.id if isinstance(told, _Id) else told


def _session(event: _Event) -> list[SubscriptionEvent]:
    found = msgspec.json.decode(event.data.object, type=_Session)
    buyer = found.customer_details
    if not found.subscription or not buyer or not buyer.email:
        return []
    return [
        BuyerEvent(
            contract=found.subscription,
            at=event.created * 1_000,
            email=buyer.email,
            name=buyer.name or "",
        )
    ]


def _paid(event: _Event) -> list[SubscriptionEvent]:
    return _invoice(InvoiceStep.PAID, event)


def _noted(event: _Event) -> list[SubscriptionEvent]:
    return _invoice(InvoiceStep.NOTED, event)


_READERS = {
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "checkout.session.completed": _session,
    "invoice.paid": _paid,
    "invoice.payment_succeeded": _paid,
    "invoice.payment_failed": _noted,
    "invoice_payment.paid": _payment,
    "charge.refunded": _charge,
    "charge.dispute.created": _charge,
}


def _products(lines: Sequence[_Line]) -> tuple[str, ...]:
    """Return the ids of prices and products: either may be sold as a plan."""
    found: list[str] = []
    for line in lines:
        if line.price:
            product: Any = line.price.product
            found += [line.price.id, product.id if isinstance(product, _Id) else product or ""]
        if line.pricing and (details := line.pricing.price_details):
            found += [details.price or "", details.product or ""]
    return tuple(sorted({one for one in found if one}))


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1_000


STRIPE = Provider("stripe", verify, identify, read, lambda raw: False)
