"""Keys of subscribers with their accounts, page by page."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, func, select

from core.robots.accounts import Account
from storage.access.access_keys import AccessKey, to_key
from storage.accounts.account_tables import accounts
from storage.accounts.accounts import AccountStore
from storage.database import reading
from storage.sales.account_list import has_text
from storage.tables import access_keys


class KeyPage(NamedTuple):
    """Keys with their accounts, the newest first, and how many match."""

    keys: list[tuple[AccessKey, Account]]
    total: int


class KeyList:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, accounts_: AccountStore) -> None:
        self._engine = engine
        self._accounts = accounts_

    def page(
        self, limit: int, offset: int, now: int, active: bool | None = None, text: str = ""
    ) -> KeyPage:
        """Return keys that do or do not open at `now` (epoch ms), whose name or mail has `text`."""
        column = access_keys.c
        joined = access_keys.join(accounts, column.account_id == accounts.c.id)
        where = _conditions(now, active, text)
        counted = select(func.count()).select_from(joined).where(*where)
        chosen = select(access_keys).select_from(joined).where(*where)
        chosen = chosen.order_by(column.number.desc()).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = connection.execute(counted).scalar_one()
            keys = [to_key(row) for row in connection.execute(chosen)]
        owners = {one.id: one for one in self._accounts.some({key.account_id for key in keys})}
        return KeyPage([(key, owners[key.account_id or 0]) for key in keys], total)


def _conditions(now: int, active: bool | None, text: str) -> list[ColumnElement[bool]]:
    column: Any = access_keys.c
    opens = column.revoked_at.is_(None) & (column.expires_at.is_(None) | (column.expires_at > now))
    where = [] if active is None else [opens if active else ~opens]
    return [*where, has_text(text)] if text else where
