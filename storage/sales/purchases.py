"""What was bought: contracts and invoices joined to accounts, and the plans that follow."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from core.clock.times import now_ms
from core.mail.mails import MailKind, is_address
from core.payments.entitled import (
    Contract,
    Entitled,
    Invoice,
    entitlements,
    joined,
    keep_contract,
    keep_invoice,
)
from core.payments.events import (
    PAYING,
    BuyerEvent,
    ContractEvent,
    InvoiceEvent,
    InvoiceStep,
    PaymentEvent,
    SubscriptionEvent,
)
from core.payments.products import Product, best_product
from storage.accounts.account_tables import accounts
from storage.accounts.account_tables import entitlements as plans
from storage.accounts.accounts import NewAccount, insert_account, next_number
from storage.database import lock_table, writing
from storage.mail.outbox import add_mail
from storage.sales.sales_tables import contracts, invoices
from storage.sales.webhooks import WebhookEvent, WebhookState, note_event
from storage.tables import access_keys

# The one mail that nobody asked for: it tells how to get the first key.
FIRST_KEY = "first key"
REPLACED = "replaced"

Kept = TypeVar("Kept", Contract, Invoice)


class Purchases:
    """Every method may raise `DatabaseUnavailable`.

    An event is applied in one transaction: what is kept of contracts and invoices, what
    accounts may use, the mail to a new buyer, and that it was done.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def apply(
        self,
        event: WebhookEvent,
        said: Iterable[SubscriptionEvent],
        products: Mapping[str, Product],
        locale: str,
    ) -> WebhookState:
        """Apply what an event of a provider said; returns what became of the event.

        It is unmatched if it is of no product that is known, or takes back what nobody paid here.
        """
        told = list(said)
        with writing(self._engine) as connection:
            lock_table(connection, contracts)
            whose = {self._keep(connection, event.provider, one, locale) for one in told}
            known = {account for account in whose if account is not None}
            for account_id in known:
                self._entitle(connection, event.provider, account_id, products)
            error = _unmatched(connection, event.provider, told, products)
            state = WebhookState.UNMATCHED if error else WebhookState.APPLIED
            note_event(connection, event, state, error, next(iter(known), None))
        return state

    def _keep(
        self, connection: Connection, provider: str, event: SubscriptionEvent, locale: str
    ) -> int | None:
        """Keep one more event; returns whose it is, if somebody has said so yet."""
        if isinstance(event, PaymentEvent):
            return self._join(connection, provider, event)
        if isinstance(event, InvoiceEvent):
            return self._keep_invoice(connection, provider, event, locale)
        account_id, kept = _read(connection, contracts, provider, event.contract, Contract)
        kept = keep_contract(kept, event)
        account_id = account_id or _owner(connection, provider, event.contract)
        account_id = account_id or self._account_of(connection, event, locale)
        _write(connection, contracts, provider, event.contract, kept, account_id)
        _give(connection, provider, event.contract, account_id)
        return account_id

    def _keep_invoice(
        self, connection: Connection, provider: str, event: InvoiceEvent, locale: str
    ) -> int | None:
        account_id, kept = _read_invoice(connection, provider, event.invoice)
        kept = keep_invoice(kept, event)
        if kept.contract:
            account_id = account_id or _owner(connection, provider, kept.contract)
        account_id = account_id or self._account_of(connection, event, locale)
        _write_invoice(connection, provider, kept, account_id)
        if kept.contract and account_id is not None:
            _give(connection, provider, kept.contract, account_id)
        return account_id

    def _join(self, connection: Connection, provider: str, event: PaymentEvent) -> int | None:
        """Keep an invoice and its payment as one; returns whose it is, if that is known."""
        (whose, one), (payer, other) = (
            _read_invoice(connection, provider, name) for name in (event.invoice, event.payment)
        )
        account_id = whose or payer
        if one.id != other.id:
            kept, alias = joined(one, other)
            _write_invoice(connection, provider, kept, account_id)
            _write_invoice(connection, provider, alias, None)
        return account_id

    def _account_of(
        self, connection: Connection, event: SubscriptionEvent, locale: str
    ) -> int | None:
        """Return the account of a buyer's address; who has paid gets one if there is none.

        Of an invoice only the payment says whose it is: other steps may name other people.
        """
        if isinstance(event, InvoiceEvent) and not _is_paid(event):
            return None
        email = (event.email or "").strip().lower()
        if not is_address(email):
            return None
        found = select(accounts.c.id).where(accounts.c.email == email)
        known = connection.execute(found).scalar_one_or_none()
        if known is not None or not _is_paid(event):
            return known
        name = event.name.replace("\0", "").strip()[:128] or email.partition("@")[0]
        told = NewAccount(user_name=name, email=email, locale=locale)
        return insert_account(connection, told, self._clock())

    def _entitle(
        self,
        connection: Connection,
        provider: str,
        account_id: int,
        products: Mapping[str, Product],
    ) -> None:
        """Write anew what an account may use for all that it bought from a provider."""
        mine = (
            _all(connection, contracts, provider, account_id, Contract),
            _all(connection, invoices, provider, account_id, Invoice),
        )
        column = plans.c
        found = {one.ref: one for one in entitlements(*mine, products)}
        whose = (column.source == provider) & (column.account_id == account_id)
        known = set(connection.execute(select(column.source_ref).where(whose)).scalars())
        for ref in known - found.keys():
            # What stood alone belongs to a contract now: it never held.
            gone = update(plans).where(whose, column.source_ref == ref)
            connection.execute(gone.values(ends_at=column.starts_at, state=REPLACED))
        for ref, one in found.items():
            self._grant(connection, provider, account_id, one, known=ref in known)
        if any(_holds(one, self._clock()) for one in found.values()):
            self._invite(connection, account_id)

    def _grant(
        self,
        connection: Connection,
        provider: str,
        account_id: int,
        one: Entitled,
        *,
        known: bool,
    ) -> None:
        values = {
            "plan_tier": one.plan,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "state": one.state,
            "provider_time": one.at,
        }
        named = (plans.c.source == provider) & (plans.c.source_ref == one.ref)
        if known:
            connection.execute(update(plans).where(named).values(values))
        if connection.execute(select(plans.c.id).where(named)).first():
            return
        values |= {"source": provider, "source_ref": one.ref, "account_id": account_id}
        connection.execute(insert(plans).values(id=next_number(connection, plans), **values))

    def _invite(self, connection: Connection, account_id: int) -> None:
        """Have a buyer who has no key yet told how to get the first."""
        have = select(access_keys.c.id).where(access_keys.c.account_id == account_id).limit(1)
        if connection.execute(have).first() is None:
            add_mail(connection, account_id, MailKind.CLAIM, FIRST_KEY, {}, self._clock())


def _is_paid(event: SubscriptionEvent) -> bool:
    """Say whether an event shows that somebody has bought; others get no account."""
    if isinstance(event, InvoiceEvent):
        return event.step is InvoiceStep.PAID
    if isinstance(event, ContractEvent):
        return event.status in PAYING
    return isinstance(event, BuyerEvent)


def _owner(connection: Connection, provider: str, contract: str) -> int | None:
    """Return whose a contract is by its own row, or by that of an invoice of it."""
    own = select(contracts.c.account_id).where(_is_row(contracts, provider, contract))
    mine = (invoices.c.provider == provider) & (invoices.c.contract_id == contract)
    paid = select(invoices.c.account_id).where(mine, invoices.c.account_id.is_not(None))
    found = connection.execute(own).scalar() or connection.execute(paid.limit(1)).scalar()
    return None if found is None else int(found)


def _holds(one: Entitled, now: int) -> bool:
    return one.starts_at <= now and (one.ends_at is None or now < one.ends_at)


def _unmatched(
    connection: Connection,
    provider: str,
    told: Iterable[SubscriptionEvent],
    products: Mapping[str, Product],
) -> str | None:
    """Return why an event opens and closes nothing although it should, None if it does not so."""
    for event in told:
        if isinstance(event, InvoiceEvent) and event.step is InvoiceStep.NOTED:
            continue
        if event.products and best_product(event.products, products) is None:
            return f"No plan is set for product {', '.join(event.products)[:200]}."
        if isinstance(event, InvoiceEvent) and not event.products:
            _, kept = _read_invoice(connection, provider, event.invoice)
            if kept.paid is None:
                return "A payment was taken back that nobody here has seen."
    return None


def _is_row(table: Any, provider: str, name: str) -> Any:
    return (table.c.provider == provider) & (table.c.id == name)


def _read(
    connection: Connection, table: Any, provider: str, name: str, kind: type[Kept]
) -> tuple[int | None, Kept]:
    """Return whose a contract or an invoice is and what is kept of it, both empty at first."""
    chosen = select(table.c.account_id, table.c.kept).where(_is_row(table, provider, name))
    row = connection.execute(chosen).one_or_none()
    if row is None:
        return None, kind(id=name)
    return row.account_id, msgspec.convert(row.kept, kind)


def _read_invoice(connection: Connection, provider: str, name: str) -> tuple[int | None, Invoice]:
    """Return whose an invoice is and what is kept of it, whichever of its names is told."""
    account_id, kept = _read(connection, invoices, provider, name, Invoice)
    while kept.same_as:
        account_id, kept = _read(connection, invoices, provider, kept.same_as, Invoice)
    return account_id, kept


def _write_invoice(
    connection: Connection, provider: str, kept: Invoice, account_id: int | None
) -> None:
    more = {"rank": int(kept.rank), "contract_id": kept.contract}
    _write(connection, invoices, provider, kept.id, kept, account_id, **more)


def _write(
    connection: Connection,
    table: Any,
    provider: str,
    name: str,
    kept: Kept,
    account_id: int | None,
    **more: Any,
) -> None:
    values = {"kept": msgspec.to_builtins(kept), "account_id": account_id, **more}
    changed = update(table).where(_is_row(table, provider, name)).values(values)
    if connection.execute(changed).rowcount == 0:
        connection.execute(insert(table).values(provider=provider, id=name, **values))


def _give(connection: Connection, provider: str, contract: str, account_id: int | None) -> None:
    """Let a contract and its invoices belong to an account where they belong to nobody yet."""
    if account_id is None:
        return
    for table, name in ((contracts, contracts.c.id), (invoices, invoices.c.contract_id)):
        orphan = (table.c.provider == provider) & (name == contract) & table.c.account_id.is_(None)
        connection.execute(update(table).where(orphan).values(account_id=account_id))


def _all(
    connection: Connection, table: Any, provider: str, account_id: int, kind: type[Kept]
) -> list[Kept]:
    mine = (table.c.provider == provider) & (table.c.account_id == account_id)
    rows = connection.execute(select(table.c.kept).where(mine).order_by(table.c.id)).scalars()
    return [msgspec.convert(kept, kind) for kept in rows]
