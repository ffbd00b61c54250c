"""Eduzz, Webhook v3 of its Developer Hub: signature, envelope, events of contracts and invoices.

The field names are those of github.com/eduzz/eduzz-webhook-docs. Events are matched by
their whole name; misspelt ones of the documentation are spelt so here, too.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.clock.times import parse_time
from core.errors import InvalidRequest, MalformedRequest
from core.payments.events import (
    ContractEvent,
    ContractStatus,
    Delivery,
    ForeignProducer,
    InvoiceEvent,
    InvoiceStep,
    Provider,
    SubscriptionEvent,
    UnreadableEvent,
)
from core.payments.signatures import is_signed

HEADER = "x-signature"
PING = "ping"
# In the place of a time that cannot be read.
UNTOLD = 0
_DAY_MS = 86_400_000
_PREFIX = "myeduzz."
_CONTRACTS = frozenset(
    f"{_PREFIX}{name}"
    for name in ("contract_created", "contract_updated", "contract_status_updated")
)
_STEPS = {
    f"{_PREFIX}invoice_paid": InvoiceStep.PAID,
    f"{_PREFIX}invoice_refunded": InvoiceStep.REFUNDED,
    f"{_PREFIX}invoice_chargeback": InvoiceStep.REFUNDED,
    f"{_PREFIX}invoice_canceled": InvoiceStep.CANCELLED,
    f"{_PREFIX}invoice_waiting_refund": InvoiceStep.NOTED,
    f"{_PREFIX}invoice_partial_refund": InvoiceStep.NOTED,
    f"{_PREFIX}invoice_negotiated": InvoiceStep.NOTED,
    f"{_PREFIX}invoice_negotiatied": InvoiceStep.NOTED,
}
_NOTED_STATUSES = {"waitingRefund", "partialRefund", "negotiated"}
_STATUSES = {
    "upToDate": ContractStatus.ACTIVE,
    "free": ContractStatus.ACTIVE,
    "trial": ContractStatus.TRIAL,
    "awaitingPayment": ContractStatus.WAITING,
    "late": ContractStatus.LATE,
    "defaulter": ContractStatus.LATE,
    "canceled": ContractStatus.CANCELLED,
    "suspended": ContractStatus.SUSPENDED,
    "finished": ContractStatus.FINISHED,
}
_Id = str | int


class _Person(msgspec.Struct):
    email: str | None = None
    name: str | None = None


class _Producer(msgspec.Struct):
    id: _Id | None = None


class _Product(msgspec.Struct):
    id: _Id


class _Access(msgspec.Struct, rename="camel"):
    remove_on_late_payment: bool = False


class _Recurrence(msgspec.Struct, rename="camel"):
    starts_at: str | None = None
    next_due: str | None = None
    final_due: str | None = None
    finishes_at: str | None = None


class _Contract(msgspec.Struct, rename="camel"):
    id: _Id
    status: str
    created_at: str
    updated_at: str | None = None
    trial_days: float | str | None = None
    content_access: _Access | None = None
    recurrence: _Recurrence | None = None


class _ContractData(msgspec.Struct):
    contract: _Contract
    products: list[_Product] = []
    customer: _Person | None = None
    producer: _Producer | None = None


class _Item(msgspec.Struct, rename="camel"):
    product_id: _Id


class _ContractRef(msgspec.Struct):
    id: _Id | None = None


class _Invoice(msgspec.Struct, rename="camel"):
    id: _Id
    status: str | None = None
    buyer: _Person | None = None
    student: _Person | None = None
    created_at: str | None = None
    paid_at: str | None = None
    refunded_at: str | None = None
    items: list[_Item] = []
    contract: _ContractRef | None = None
    producer: _Producer | None = None


class _Envelope(msgspec.Struct, rename="camel"):
    event: str
    id: _Id | None = None
    sent_date: str | None = None
    created_at: str | None = None


def verify(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], now_ms: int) -> bool:
    """Say whether `x-signature` signs the body; Eduzz signs no time, and repeats for seven days."""
    signature = headers.get(HEADER, "")
    return bool(signature) and is_signed([signature], raw, secrets)


def identify(raw: bytes) -> Delivery:
    """Return the event's id, name and time; an event without an id goes by its digest.

    One that tells no time, or one that cannot be read, is an event all the same.
    """
    envelope = _envelope(raw)
    told = envelope.sent_date or envelope.created_at
    if not told and envelope.id is None:
        raise MalformedRequest("The body is no event: it has neither id nor sentDate.")
    try:
        sent = parse_time(told, "sentDate") if told else UNTOLD
    except InvalidRequest:
        sent = UNTOLD
    digest = hashlib.sha256(raw).hexdigest()
    event_id = str(envelope.id) if envelope.id is not None else f"sha256-{digest}"
    return Delivery(event_id, envelope.event, sent)


def read(raw: bytes, producer: str = "") -> list[SubscriptionEvent]:
    """Return what the event says; nothing if it is none that matters.

    Raises `ForeignProducer` if `producer` is given and the sale is another's.
    """
    delivery = identify(raw)
    try:
        body = msgspec.json.decode(raw)
        inside = body["data"] if isinstance(body.get("data"), dict) else body
        if delivery.name in _CONTRACTS:
            return [_contract(msgspec.convert(inside, _ContractData), producer)]
        if (step := _STEPS.get(delivery.name)) or _is_noted(inside.get("status")):
            invoice = msgspec.convert(inside, _Invoice)
            return [_invoice(invoice, step or InvoiceStep.NOTED, delivery, producer)]
    except (msgspec.MsgspecError, InvalidRequest) as error:
        raise UnreadableEvent(f"{delivery.name}: {error}") from None
    return []


def is_probe(raw: bytes) -> bool:
    """Say whether it is the `ping` that tries the address when it is registered."""
    try:
        return _envelope(raw).event == PING
    except MalformedRequest:
        return False


def _is_noted(status: Any) -> bool:
    return isinstance(status, str) and status in _NOTED_STATUSES


def _envelope(raw: bytes) -> _Envelope:
    try:
        return msgspec.json.decode(raw, type=_Envelope)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise MalformedRequest("The body is no event: a JSON object with id and event.") from None


def _contract(data: _ContractData, producer: str) -> ContractEvent:
    _check_producer(data.producer, producer)
    contract, recurrence = data.contract, data.contract.recurrence or _Recurrence()
    status = _STATUSES.get(contract.status)
    if status is None:
        raise UnreadableEvent(f"contract.status: {contract.status[:32]} is not known.")
    created = parse_time(contract.created_at, "contract.createdAt")
    customer = data.customer or _Person()
    return ContractEvent(
        contract=str(contract.id),
        status=status,
        at=_time(contract.updated_at, "contract.updatedAt") or created,
        starts_at=_time(recurrence.starts_at, "recurrence.startsAt") or created,
        paid_until=_paid_until(contract, recurrence, status, created),
        ends_at=_time(recurrence.finishes_at or recurrence.final_due, "recurrence.finishesAt")
        if status is ContractStatus.FINISHED
        else None,
        ends_when_late=(contract.content_access or _Access()).remove_on_late_payment,
        products=tuple(str(product.id) for product in data.products),
        email=customer.email,
        name=customer.name or "",
    )


def _paid_until(
    contract: _Contract, recurrence: _Recurrence, status: ContractStatus, created: int
) -> int | None:
    """Return the next due date, else the end that the contract itself tells, None for neither."""
    due = _time(recurrence.next_due or recurrence.finishes_at, "recurrence.nextDue")
    if due is not None or status is not ContractStatus.TRIAL:
        return due
    begins = _time(recurrence.starts_at, "recurrence.startsAt") or created
    try:
        return begins + round(float(contract.trial_days or 0) * _DAY_MS)
    except (ValueError, OverflowError):
        raise UnreadableEvent("contract.trialDays: not a number of days.") from None


def _invoice(
    invoice: _Invoice, step: InvoiceStep, delivery: Delivery, producer: str
) -> InvoiceEvent:
    _check_producer(invoice.producer, producer)
    told = {InvoiceStep.PAID: invoice.paid_at, InvoiceStep.REFUNDED: invoice.refunded_at}
    # Who learns is the subscriber, where somebody else pays.
    person = invoice.student if invoice.student and invoice.student.email else invoice.buyer
    contract = invoice.contract.id if invoice.contract else None
    at = _time(told.get(step), "data.paidAt") or delivery.sent_at
    if at == UNTOLD:
        raise UnreadableEvent(f"{delivery.name}: neither the event nor the invoice tells its time.")
    return InvoiceEvent(
        invoice=str(invoice.id),
        step=step,
        at=at,
        contract=None if contract is None else str(contract),
        products=tuple(str(item.product_id) for item in invoice.items),
        email=person.email if person else None,
        name=(person.name if person else "") or "",
        note=invoice.status or delivery.name if step is InvoiceStep.NOTED else "",
    )


def _check_producer(found: _Producer | None, wanted: str) -> None:
    if wanted and (found is None or str(found.id) != wanted):
        raise ForeignProducer("producer.id is not that of TICKCAST_EDUZZ_PRODUCER.")


def _time(value: Any, field: str) -> int | None:
    return parse_time(value, field) if value else None


EDUZZ = Provider("eduzz", verify, identify, read, is_probe)
