"""What somebody may use for what he has paid: the same whatever order events come in.

Of each contract and invoice only the events are kept that can still matter. Keeping one
more event is a merge that knows no order and no repetition; what somebody is entitled to
is a function of what is kept.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import msgspec

from core.payments.events import (
    PAYING,
    BuyerEvent,
    ContractEvent,
    ContractStatus,
    InvoiceEvent,
    Rank,
    SubscriptionEvent,
    order_of,
)
from core.payments.products import Product, best_product

DAY_MS = 86_400_000
# A renewal may come so late.
GRACE_MS = 3 * DAY_MS
# Beside the statuses of contracts: what is paid and not renewed by itself, and what was taken back.
PAID, REFUNDED = "paid", "refunded"

Event = TypeVar("Event", bound=SubscriptionEvent)


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a contract: its newest version, and the newest one that was paid."""

    id: str
    newest: ContractEvent | None = None
    paying: ContractEvent | None = None
    buyer: BuyerEvent | None = None


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an invoice: the first event of each step that it has come to."""

    id: str
    paid: InvoiceEvent | None = None
    cancelled: InvoiceEvent | None = None
    refunded: InvoiceEvent | None = None
    noted: InvoiceEvent | None = None
    # What else it goes by, if all of it is kept there.
    same_as: str | None = None

    @property
    def steps(self) -> Sequence[InvoiceEvent]:
        """Its events, those that matter most first."""
        steps = (self.paid, self.refunded, self.cancelled, self.noted)
        return [event for event in steps if event]

    @property
    def closed_at(self) -> int | None:
        """When it was refunded, or cancelled after it was paid."""
        closing = self.refunded or (self.cancelled if self.paid else None)
        return closing.at if closing else None

    @property
    def rank(self) -> Rank:
        """How far it has come."""
        if self.closed_at is not None:
            return Rank.CLOSED
        return Rank.PAID if self.paid else Rank.OPENED

    @property
    def contract(self) -> str | None:
        """The contract it belongs to, if it says so."""
        return next((event.contract for event in self.steps if event.contract), None)

    @property
    def products(self) -> tuple[str, ...]:
        """What it is for."""
        return next((event.products for event in self.steps if event.products), ())

    @property
    def when(self) -> int:
        """When it was paid, as far as known (epoch ms)."""
        return self.steps[0].at


class Entitled(msgspec.Struct, frozen=True, kw_only=True):
    """A plan from `starts_at` to `ends_at` (epoch ms; None: open), for a contract or an invoice.

    `at` is the newest instant of the provider that it follows from.
    """

    ref: str
    plan: str
    starts_at: int
    ends_at: int | None
    state: str
    at: int


def keep_contract(kept: Contract, event: ContractEvent | BuyerEvent) -> Contract:
    """Return what is kept of a contract after one more event of it."""
    if isinstance(event, BuyerEvent):
        return msgspec.structs.replace(kept, buyer=_newer(kept.buyer, event))
    newest = _newer(kept.newest, event)
    paying = _newer(kept.paying, event) if event.status in PAYING else kept.paying
    return msgspec.structs.replace(kept, newest=newest, paying=paying)


def keep_invoice(kept: Invoice, event: InvoiceEvent) -> Invoice:
    """Return what is kept of an invoice after one more event of it."""
    name = event.step.value
    return msgspec.structs.replace(kept, **{name: _older(getattr(kept, name), event)})


def joined(one: Invoice, other: Invoice) -> tuple[Invoice, Invoice]:
    """Return two names of one invoice: what is kept goes by the first in alphabetical order."""
    first, second = sorted((one, other), key=lambda invoice: invoice.id)
    for event in second.steps:
        first = keep_invoice(first, event)
    return first, Invoice(id=second.id, same_as=first.id)


def entitlements(
    contracts: Collection[Contract], invoices: Collection[Invoice], products: Mapping[str, Product]
) -> list[Entitled]:
    """Return what an account may use for its contracts and invoices with one provider.

    A contract or an invoice that opens nothing, or is for no product of ours, gives none.
    """
    of_contract: dict[str | None, list[Invoice]] = {}
    for invoice in sorted(invoices, key=lambda one: one.id):
        for contract in _contracts_of(invoice, contracts):
            of_contract.setdefault(contract, []).append(invoice)
    named = {contract.id: contract for contract in contracts}
    refs = sorted(ref for ref in named.keys() | of_contract.keys() if ref is not None)
    found = [_of(named.get(ref, Contract(id=ref)), of_contract.get(ref, ()), products)
             for ref in refs]  # fmt: skip
    alone = (
        _of_invoices(f"invoice:{one.id}", [one], products) for one in of_contract.get(None, ())
    )
    return [one for one in (*found, *alone) if one]


def _contracts_of(
    invoice: Invoice, contracts: Collection[Contract]
) -> Sequence[str] | Sequence[None]:
    """Return the contract of an invoice: its own word, else those for its product.

    Of several it belongs to each, so that they are all over once all is taken back: which it
    was for nobody says, and they are for the same.
    """
    if invoice.contract:
        return [invoice.contract]
    bought = set(invoice.products)
    like = [one.id for one in contracts if bought & set(_products_of(one))]
    return like or [None]


def _products_of(contract: Contract) -> tuple[str, ...]:
    versions = (contract.newest, contract.paying)
    return next((one.products for one in versions if one and one.products), ())


def _of(
    contract: Contract, invoices: Sequence[Invoice], products: Mapping[str, Product]
) -> Entitled | None:
    newest = contract.newest
    if newest is None:
        return _of_invoices(contract.id, invoices, products)
    product = best_product(_bought(contract, newest, invoices), products)
    if product is None:
        return None
    proven = bool(contract.paying or any(one.paid for one in invoices) or _is_running(newest))
    if not proven:
        return None
    end = _end_of(contract, newest, invoices, product)
    closed = _closed_at(invoices, products)
    if closed is not None:
        end = closed if end is None else min(end, closed)
    return Entitled(
        ref=contract.id,
        plan=product.plan,
        starts_at=newest.starts_at,
        ends_at=end,
        state=REFUNDED if closed is not None else newest.status.value,
        at=max([newest.at, *(event.at for one in invoices for event in one.steps)]),
    )


def _bought(
    contract: Contract, newest: ContractEvent, invoices: Sequence[Invoice]
) -> tuple[str, ...]:
    """Return what was paid for last: a version that nobody has paid yet changes no plan."""
    paid = [(one.when, one.id, one.products) for one in invoices if one.rank is Rank.PAID]
    if contract.paying:
        paid.append((contract.paying.at, contract.id, contract.paying.products))
    told = [products for _, _, products in sorted(paid, reverse=True)]
    told.insert(0 if newest.status in PAYING else len(told), newest.products)
    return next((products for products in told if products), ())


def _end_of(
    contract: Contract, newest: ContractEvent, invoices: Sequence[Invoice], product: Product
) -> int | None:
    """Return when a contract's access ends if none of its invoices is taken back."""
    match newest.status:
        case ContractStatus.SUSPENDED:
            return newest.at
        case ContractStatus.FINISHED:
            return newest.ends_at or newest.at
        case ContractStatus.CANCELLED:
            return newest.ends_at or _paid_end(contract, invoices, product, 0)
    if newest.status is ContractStatus.LATE and _last_paid(invoices) <= newest.at:
        if newest.ends_when_late:
            return newest.at
        if newest.ends_at is not None:
            return newest.ends_at + GRACE_MS
    return _paid_end(contract, invoices, product, GRACE_MS)


def _paid_end(
    contract: Contract, invoices: Sequence[Invoice], product: Product, grace: int
) -> int | None:
    """Return the end of what is paid: the contract's next due date, else the invoices' own time."""
    ends = [_end_of_invoice(one, product) for one in invoices if one.rank is Rank.PAID]
    paying = contract.paying
    if paying is None:
        return max(ends, default=contract.newest.at if contract.newest else 0)
    if paying.paid_until is None:
        return None
    due = paying.paid_until + grace
    return due if paying.paid_until >= _last_paid(invoices) else max([due, *ends])


def _last_paid(invoices: Sequence[Invoice]) -> int:
    return max((one.when for one in invoices if one.rank is Rank.PAID), default=-1)


def _closed_at(invoices: Sequence[Invoice], products: Mapping[str, Product]) -> int | None:
    """Return when access ended with the newest invoice, if that was taken back; else None."""
    counted = [one for one in invoices if one.rank is not Rank.OPENED]
    latest = max(counted, key=lambda one: (one.when, one.id), default=None)
    if latest is None or latest.closed_at is None:
        return None
    open_still = [one for one in counted if one.rank is Rank.PAID]
    ends = [_end_of_invoice(one, best_product(one.products, products)) for one in open_still]
    return max([latest.closed_at, *ends])


def _of_invoices(
    ref: str, invoices: Sequence[Invoice], products: Mapping[str, Product]
) -> Entitled | None:
    counted = [one for one in invoices if one.paid]
    known = [(one, best_product(one.products, products)) for one in counted]
    sold = [(one, product) for one, product in known if product]
    if not sold:
        return None
    ends = [one.closed_at or _end_of_invoice(one, product) for one, product in sold]
    closed = all(one.rank is Rank.CLOSED for one, _ in sold)
    best = best_product([name for one, _ in sold for name in one.products], products)
    return Entitled(
        ref=ref,
        plan=best.plan if best else sold[0][1].plan,
        starts_at=min(one.when for one, _ in sold),
        ends_at=max(ends),
        state=REFUNDED if closed else PAID,
        at=max(event.at for one, _ in sold for event in one.steps),
    )


def _end_of_invoice(invoice: Invoice, product: Product | None) -> int:
    paid = invoice.paid
    if paid and paid.paid_until is not None:
        return paid.paid_until
    return invoice.when + (product.days if product else 0) * DAY_MS


def _is_running(newest: ContractEvent) -> bool:
    """Say whether a cancelled contract tells by itself that it runs on to its paid end."""
    return newest.status is ContractStatus.CANCELLED and newest.ends_at is not None


def _newer(kept: Event | None, event: Event) -> Event:
    return event if kept is None or order_of(event) > order_of(kept) else kept


def _older(kept: Event | None, event: Event) -> Event:
    return event if kept is None or order_of(event) < order_of(kept) else kept
