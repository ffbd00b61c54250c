"""What any payment provider tells, in one vocabulary."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from core.errors import RequestError, TickcastError


class UnreadableEvent(TickcastError):
    """A signed event is not what its provider's documentation says."""

    status = 422
    type = "unreadable_event"


class ContractStatus(StrEnum):
    """How a contract stands.

    `waiting` for its first or next payment; `cancelled` is not renewed and runs to
    the end that is paid; `suspended` is closed by the provider.
    """

    # In this order: of two versions of one instant the later one holds.
    WAITING = "waiting"
    TRIAL = "trial"
    ACTIVE = "active"
    LATE = "late"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"
    FINISHED = "finished"


# The payment provider asks for the next payment by itself.
PAYING = (ContractStatus.ACTIVE, ContractStatus.TRIAL)


class InvoiceStep(StrEnum):
    """What became of an invoice; an invoice may have come to several of them."""

    NOTED = "noted"  # shown to the admin, changes nothing
    PAID = "paid"
    CANCELLED = "cancelled"  # closes what had been paid
    REFUNDED = "refunded"  # or charged back: closes it for good


class Rank(IntEnum):
    """How far an invoice has come; it never goes back."""

    OPENED = 0
    PAID = 1
    CLOSED = 2


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought what. `at`: when it happened by the provider's clock (epoch ms)."""

    at: int
    products: tuple[str, ...] = ()
    email: str | None = None
    name: str = ""


class ContractEvent(_Told, frozen=True, kw_only=True, tag="contract"):
    """A version of a contract. Instants are epoch ms.

    `paid_until`: when the next payment is due; None: never. `ends_at`: when access ends
    by this version's own word. `ends_when_late`: a missed payment closes it at once.
    """

    contract: str
    status: ContractStatus
    starts_at: int
    paid_until: int | None = None
    ends_at: int | None = None
    ends_when_late: bool = False


class BuyerEvent(_Told, frozen=True, kw_only=True, tag="buyer"):
    """Whose a contract is, where the contract itself does not say so."""

    contract: str


class InvoiceEvent(_Told, frozen=True, kw_only=True, tag="invoice"):
    """A step of an invoice; `paid_until` is the end of the time it pays for, if it says so."""

    invoice: str
    step: InvoiceStep
    contract: str | None = None
    paid_until: int | None = None
    note: str = ""


class PaymentEvent(_Told, frozen=True, kw_only=True, tag="payment"):
    """Which payment paid an invoice: both are names of one thing from then on."""

    invoice: str
    payment: str


SubscriptionEvent = ContractEvent | BuyerEvent | InvoiceEvent | PaymentEvent


# What a probe goes by: it is not stored.
PING_ID = "ping"


class Delivery(NamedTuple):
    """What is known of an event before it is understood; `sent_at` is epoch ms."""

    event_id: str
    name: str
    sent_at: int


class Provider(NamedTuple):
    """A payment provider: pure functions, all that is special to it.

    `verify(headers, raw, secrets, now_ms)` says whether a body is signed with one of
    the secrets; names of headers are in lower case. `identify(raw)` raises
    `MalformedRequest` where the body is no event at all. `read(raw, producer)` returns
    what it says of contracts and invoices, nothing for events that do not matter, and
    raises `UnreadableEvent`. `is_probe(raw)`: a test of the address, never signed for sure.
    """

    name: str
    verify: Callable[[Mapping[str, str], bytes, Sequence[str], int], bool]
    identify: Callable[[bytes], Delivery]
    read: Callable[[bytes, str], list[SubscriptionEvent]]
    is_probe: Callable[[bytes], bool]


class ForeignProducer(RequestError):
    """An event is of somebody else's sales."""

    status = 422
    type = "foreign_producer"


def order_of(event: SubscriptionEvent) -> tuple[int, int, bytes]:
    """Return what puts events in one order, whenever they come: time, then status, then text."""
    status = _ORDER.index(event.status) if isinstance(event, ContractEvent) else 0
    return event.at, status, msgspec.json.encode(event)


_ORDER = list(ContractStatus)
