"""Accounts in SQL, with the plans that each is entitled to."""

import builtins
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict, InvalidRequest, NotFound
from core.mail.mails import LOCALES, is_address
from core.robots.accounts import TIERS, USUAL_CALLS, Account
from storage.accounts.account_tables import accounts, entitlements
from storage.database import lock_table, reading, writing

ADMIN = "admin"
MANUAL, CLOSED = "manual", "closed"


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an account when it is made; lists are what it may see, None for all."""

    user_name: str
    email: str | None = None
    locale: str = "en"
    symbols_allowed: tuple[str, ...] | None = None
    tfs_allowed: tuple[int, ...] | None = None
    rate_limit_per_min: int = USUAL_CALLS
    notes: str = ""


class GrantedPlan(NamedTuple):
    """A plan that the operator gives, until an instant (epoch ms) or for ever."""

    tier: str
    ends_at: int | None = None


class AccountStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def create(self, told: NewAccount, tier: str, ends_at: int | None = None) -> Account:
        """Make an account with a plan that begins now.

        Raises `InvalidRequest` for what it cannot be called, and `Conflict` if the mail
        address has an account.
        """
        try:
            with writing(self._engine) as connection:
                number = insert_account(connection, told, self._clock())
                _grant(connection, number, GrantedPlan(tier, ends_at), self._clock())
        except IntegrityError as error:
            raise Conflict("There is an account with this email.") from error
        return self.get(number)

    def get(self, account_id: int) -> Account:
        """Return an account; raises `NotFound`."""
        found = self._read(accounts.c.id == account_id)
        if not found:
            raise NotFound("There is no account with this id.")
        return found[0]

    def list(self) -> builtins.list[Account]:
        """Return all accounts, the oldest first, closed ones too."""
        return self._read()

    def find(self, email: str) -> Account | None:
        """Return the account of a mail address, None if there is none."""
        return next(iter(self._read(accounts.c.email == email.strip().lower())), None)

    def some(self, ids: Collection[int | None]) -> builtins.list[Account]:
        """Return those of the named accounts that there are."""
        return self._read(accounts.c.id.in_(ids)) if ids else []

    def ending(self, since: int, until: int) -> builtins.list[Account]:
        """Return the accounts of which a plan ends between two instants (epoch ms)."""
        ends = entitlements.c.ends_at.between(since, until)
        return self._read(accounts.c.id.in_(select(entitlements.c.account_id).where(ends)))

    def change_plan(self, account_id: int, tier: str, ends_at: int | None = None) -> Account:
        """Replace what the operator has granted; plans that were bought stay.

        Raises `Conflict` if the account is closed.
        """
        if self.get(account_id).closed_at is not None:
            raise Conflict("This account is closed.")
        with writing(self._engine) as connection:
            replace_grant(connection, account_id, GrantedPlan(tier, ends_at), self._clock())
        return self.get(account_id)

    def end(self, account_id: int) -> Account:
        """End all plans now; keys of the account open nothing any more."""
        self.get(account_id)
        with writing(self._engine) as connection:
            end_plans(connection, account_id, self._clock())
        return self.get(account_id)

    def _read(self, *whose: ColumnElement[bool]) -> builtins.list[Account]:
        granted = select(entitlements).order_by(entitlements.c.id)
        if whose:
            mine = select(accounts.c.id).where(*whose)
            granted = granted.where(entitlements.c.account_id.in_(mine))
        with reading(self._engine) as connection:
            rows = connection.execute(select(accounts).where(*whose).order_by(accounts.c.id)).all()
            plans = connection.execute(granted).all()
        by_account = defaultdict(list)
        for plan in plans:
            by_account[plan.account_id].append(_values(plan))
        return [
            msgspec.convert({**_values(row), "entitlements": by_account[row.id]}, Account)
            for row in rows
        ]


def insert_account(connection: Connection, told: NewAccount, now: int) -> int:
    """Make an account without a plan within a transaction; returns its number."""
    number = next_number(connection, accounts)
    values = checked(msgspec.structs.asdict(told)) | {"id": number, "created_at": now}
    connection.execute(insert(accounts).values(values))
    return number


def replace_grant(connection: Connection, account_id: int, plan: GrantedPlan, now: int) -> None:
    """Give a plan in the place of what the operator granted before, within a transaction.

    Raises `InvalidRequest` for an unknown plan, and for one that has ended.
    """
    end_plans(connection, account_id, now, ADMIN)
    _grant(connection, account_id, plan, now)


def _grant(connection: Connection, account_id: int, plan: GrantedPlan, now: int) -> None:
    _check_tier(plan.tier)
    if plan.ends_at is not None and plan.ends_at <= now:
        raise InvalidRequest("A plan must end in the future.", field="expires_at")
    row = {
        "id": next_number(connection, entitlements),
        "account_id": account_id,
        "source": ADMIN,
        "source_ref": secrets.token_hex(8),
        "plan_tier": plan.tier,
        "starts_at": now,
        "ends_at": plan.ends_at,
        "state": MANUAL,
    }
    connection.execute(insert(entitlements).values(row))


def end_plans(connection: Connection, account_id: int, now: int, source: str | None = None) -> None:
    """End the plans of an account that run, those of one source only if it is given."""
    column = entitlements.c
    mine = (column.account_id == account_id) & (column.ends_at.is_(None) | (column.ends_at > now))
    if source:
        mine &= column.source == source
    connection.execute(update(entitlements).where(mine).values(ends_at=now, state=CLOSED))


def next_number(connection: Connection, table: Table) -> int:
    """Return the next number of a table's rows; nobody else gets it in this transaction."""
    lock_table(connection, table)
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0) + 1)).scalar_one())


def checked(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an account, all or some of it, as it is stored.

    Raises `InvalidRequest` for what an account cannot have.
    """
    name, email = told.get("user_name"), told.get("email")
    if name is not None and not 1 <= len(name.strip()) <= 128:
        raise InvalidRequest("user_name must have 1 to 128 characters.", field="user_name")
    if email is not None and not is_address(email):
        raise InvalidRequest("email must be one address such as a@b.example.", field="email")
    if told.get("locale", LOCALES[0]) not in LOCALES:
        raise InvalidRequest(f"locale must be one of {', '.join(LOCALES)}.", field="locale")
    if not 1 <= told.get("rate_limit_per_min", USUAL_CALLS) <= 1_000_000:
        raise InvalidRequest(
            "rate_limit_per_min must be 1 to 1,000,000.", field="rate_limit_per_min"
        )
    return dict(told) if email is None else {**told, "email": email.lower()}


def _check_tier(tier: str) -> None:
    if tier not in TIERS:
        raise InvalidRequest(
            f"plan_tier must be one of {', '.join(TIERS)}.", field="plan_tier", choices=TIERS
        )


def _values(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return {str(name): value for name, value in row._mapping.items()}
