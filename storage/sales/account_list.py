"""Accounts page by page, by plan, name or mail address."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, exists, func, or_, select

from core.robots.accounts import Account
from storage.accounts.account_tables import accounts, entitlements
from storage.accounts.accounts import AccountStore
from storage.database import reading


class AccountPage(NamedTuple):
    """Accounts, the newest first, and how many match."""

    accounts: list[Account]
    total: int


class AccountList:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, accounts_: AccountStore) -> None:
        self._engine = engine
        self._accounts = accounts_

    def page(
        self, limit: int, offset: int, now: int, active: bool | None = None, text: str = ""
    ) -> AccountPage:
        """Return accounts that have or lack a plan at `now` (epoch ms), by a part of name or mail.

        Closed ones have none.
        """
        where = _conditions(now, active, text)
        counted = select(func.count()).select_from(accounts).where(*where)
        chosen = select(accounts.c.id).where(*where).order_by(accounts.c.id.desc())
        with reading(self._engine) as connection:
            total = connection.execute(counted).scalar_one()
            numbers = connection.execute(chosen.limit(limit).offset(offset)).scalars().all()
        found = self._accounts.some(numbers)
        return AccountPage(sorted(found, key=lambda one: -one.id), total)


def has_text(text: str) -> ColumnElement[bool]:
    """Return the condition that a name or an address of `accounts` has a text, in any case."""
    names = (accounts.c.user_name, accounts.c.email)
    return or_(*(func.lower(n).contains(text.lower(), autoescape=True) for n in names))


def _conditions(now: int, active: bool | None, text: str) -> list[ColumnElement[bool]]:
    plan = entitlements.c
    holds = exists().where(
        plan.account_id == accounts.c.id,
        plan.starts_at <= now,
        plan.ends_at.is_(None) | (plan.ends_at > now),
    )
    open_ = holds & accounts.c.closed_at.is_(None)
    where = [] if active is None else [open_ if active else ~open_]
    return [*where, has_text(text)] if text else where
