"""Whose a key is: the key, its account and that account's plans, read at once.

A thousand robots call every few seconds, each with a key of its own: what was read of one holds
until something changed of anybody's, which one number tells.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Engine, RowMapping, Table, bindparam, select

from core.robots.accounts import Account, Entitlement
from storage.access.access_keys import AccessKey, is_digest_of, stored_id
from storage.accounts.account_tables import accounts, entitlements
from storage.accounts.key_changes import key_changes
from storage.database import reading
from storage.tables import access_keys

_TABLES: dict[Table, type[msgspec.Struct]] = {
    access_keys: AccessKey,
    accounts: Account,
    entitlements: Entitlement,
}
# Fields of an account that other tables hold.
_JOINED = "entitlements"


def _columns(table: Table) -> list[Any]:
    fields = [field for field in _TABLES[table].__struct_fields__ if field != _JOINED]
    return [table.c[field].label(f"{table.name}_{field}") for field in fields]


_HELD = (
    select(access_keys.c.digest, *chain.from_iterable(map(_columns, _TABLES)))
    .select_from(
        access_keys.outerjoin(accounts, accounts.c.id == access_keys.c.account_id).outerjoin(
            entitlements, entitlements.c.account_id == accounts.c.id
        )
    )
    .where(access_keys.c.id == bindparam("key"))
    .order_by(entitlements.c.id)
)


class KeyHolders:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, plain: str) -> tuple[AccessKey, Account | None] | None:
        """Return a key that was ever stored, revoked or not, and its account; None if unknown.

        The work is the same in all cases, as in `AccessKeyStore.known`.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(_HELD, {"key": stored_id(plain)}).mappings().all()
        if not is_digest_of(plain, rows[0]["digest"] if rows else None) or not rows:
            return None
        return _read(rows[0], access_keys), _account(rows)

    def changes(self) -> int | None:
        """Return a number that is another once any key, account or plan has changed.

        None if nobody counts, so that nothing may be remembered.
        """
        with reading(self._engine) as connection:
            number: int | None = connection.execute(select(key_changes.c.number)).scalar()
        return number


def _account(rows: Sequence[RowMapping]) -> Account | None:
    if rows[0]["accounts_id"] is None:
        return None
    plans = [_values(row, entitlements) for row in rows if row["entitlements_source"] is not None]
    values = _values(rows[0], accounts) | {_JOINED: plans}
    return msgspec.convert(values, Account)


def _read(row: RowMapping, table: Table) -> Any:
    return msgspec.convert(_values(row, table), _TABLES[table])


def _values(row: RowMapping, table: Table) -> dict[str, Any]:
    fields = _TABLES[table].__struct_fields__
    return {f: row[f"{table.name}_{f}"] for f in fields if f != _JOINED}
