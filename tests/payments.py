"""What payment providers send, made here byte for byte and really signed."""

import hashlib
import hmac
import itertools
import json
from typing import Any

from core.clock.times import format_time

DAY = 86_400_000
START = 1_767_225_600_000  # 2026-01-01
SECRET = "a secret that Eduzz gave"
STRIPE_SECRET = "whsec_of_the_test"
PRODUCT, STRIPE_PRODUCT = "1234", "prod_pro"
_ids = itertools.count(1)


def sign(body: bytes, secret: str = SECRET) -> str:
    """Return the signature of a body, as both providers make it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def eduzz(
    event: str, data: Any, *, sent: int = START, event_id: str = "", flat: bool = False
) -> bytes:
    """Return a body of Eduzz; `flat` is the other of its documented shapes."""
    envelope = {
        "id": event_id or f"event{next(_ids)}",
        "event": event if event == "ping" else f"myeduzz.{event}",
        "sentDate": format_time(sent),
    }
    body = {**data, **envelope} if flat else {**envelope, "data": data}
    return json.dumps(body, ensure_ascii=False).encode()


def eduzz_contract(
    status: str,
    at: int,
    *,
    contract: str = "3456",
    next_due: int | None = None,
    finishes: int | None = None,
    email: str = "ana@example.com",
    product: str = PRODUCT,
    when_late: bool = True,
    producer: str = "77",
) -> dict[str, Any]:
    """Return what an event of a contract tells."""
    recurrence = {"startsAt": format_time(START), "frequency": {"type": "month", "value": 1}}
    if next_due is not None:
        recurrence["nextDue"] = format_time(next_due)
    if finishes is not None:
        recurrence["finishesAt"] = format_time(finishes)
    return {
        "producer": {"id": producer, "name": "Casa", "email": "casa@example.com"},
        "products": [{"id": product, "name": "Sinais", "plan": None}],
        "contract": {
            "id": contract,
            "status": status,
            "createdAt": format_time(START),
            "updatedAt": format_time(at),
            "contentAccess": {"removeOnContractEnd": True, "removeOnLatePayment": when_late},
            "recurrence": recurrence,
        },
        "customer": {"name": "Ana Lima", "email": email, "phone": {"number": "999"}},
    }


def eduzz_invoice(
    status: str,
    at: int,
    *,
    invoice: str = "9001",
    contract: str | None = None,
    email: str = "ana@example.com",
    product: str = PRODUCT,
) -> dict[str, Any]:
    """Return what an event of an invoice tells."""
    data: dict[str, Any] = {
        "id": invoice,
        "status": status,
        "producer": {"id": "77", "name": "Casa"},
        "buyer": {"name": "Ana Lima", "email": email, "cellphone": "555"},
        "createdAt": format_time(at),
        "price": {"currency": "BRL", "value": 97.0},
        "items": [{"productId": product, "name": "Sinais", "price": {"currency": "BRL"}}],
    }
    named = {"paid": "paidAt", "refunded": "refundedAt"}
    if status in named:
        data[named[status]] = format_time(at)
    if contract is not None:
        data["contract"] = {"id": contract}
    return data


def stripe(event: str, thing: Any, *, created: int = START, event_id: str = "") -> bytes:
    """Return a body of Stripe; `created` is epoch ms as everywhere here."""
    return json.dumps(
        {
            "id": event_id or f"evt_{next(_ids)}",
            "object": "event",
            "type": event,
            "created": created // 1_000,
            "data": {"object": thing},
        }
    ).encode()


def stripe_signature(body: bytes, at: int, secret: str = STRIPE_SECRET) -> str:
    """Return the header `Stripe-Signature` of a body sent at an instant (epoch ms)."""
    seconds = str(at // 1_000)
    return f"t={seconds},v1={sign(seconds.encode() + b'.' + body, secret)},v0=00"


def stripe_subscription(
    status: str, start: int, end: int, *, subscription: str = "sub_1", **more: Any
) -> dict[str, Any]:
    """Return a subscription as Stripe tells it since 2025-03-31."""
    price = {"id": "price_1", "product": STRIPE_PRODUCT}
    period = {"current_period_start": start // 1_000, "current_period_end": end // 1_000}
    return {
        "id": subscription,
        "object": "subscription",
        "status": status,
        "created": START // 1_000,
        "start_date": START // 1_000,
        "customer": "cus_1",
        "items": {"data": [{"price": price, **period}]},
        **more,
    }


def stripe_invoice(
    start: int, end: int, *, invoice: str = "in_1", email: str = "ana@example.com", **more: Any
) -> dict[str, Any]:
    """Return a paid invoice."""
    line = {
        "period": {"start": start // 1_000, "end": end // 1_000},
        "price": {"id": "price_1", "product": STRIPE_PRODUCT},
    }
    return {
        "id": invoice,
        "object": "invoice",
        "subscription": "sub_1",
        "payment_intent": f"pi_{invoice}",
        "customer_email": email,
        "lines": {"data": [line]},
        "status_transitions": {"paid_at": start // 1_000},
        **more,
    }


def stripe_invoice_of_today(start: int, end: int, *, invoice: str = "in_1") -> dict[str, Any]:
    """Return a paid invoice as Stripe tells it since 2025-03-31: not by which payment."""
    told = stripe_invoice(start, end, invoice=invoice)
    for name in ("payment_intent", "subscription"):
        del told[name]
    line = told["lines"]["data"][0]
    line["pricing"] = {
        "price_details": {"price": "price_1", "product": line.pop("price")["product"]}
    }
    details = {"subscription": "sub_1", "metadata": {}}
    return told | {"parent": {"type": "subscription_details", "subscription_details": details}}


def stripe_payment(invoice: str, payment: str) -> dict[str, Any]:
    """Return which payment paid an invoice."""
    return {
        "id": f"inpay_{invoice}",
        "object": "invoice_payment",
        "invoice": invoice,
        "payment": {"type": "payment_intent", "payment_intent": payment},
        "status": "paid",
    }
