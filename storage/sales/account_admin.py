"""What the operator changes of an account: its facts, and its end."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.mail.mails import MailKind
from core.payments.entitled import Contract, Invoice
from storage.access.access_keys import revoke_keys_of
from storage.accounts.account_tables import accounts
from storage.accounts.accounts import GrantedPlan, checked, end_plans, replace_grant
from storage.database import writing
from storage.mail.mail_tables import claims, mails
from storage.mail.outbox import MailState, add_mail
from storage.sales.sales_tables import contracts, invoices, webhook_events
from storage.tables import access_keys

NAMELESS = ""
_PERSONAL: Mapping[str, Any] = {"email": None, "name": NAMELESS}


class AccountAdmin:
    """Every method may raise `DatabaseUnavailable`, and `NotFound` for an unknown account."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def change(
        self, account_id: int, values: Mapping[str, Any], plan: GrantedPlan | None = None
    ) -> None:
        """Change columns of an account, and its plan, or nothing; of a new address both are told.

        Raises `InvalidRequest` for what an account cannot have, and `Conflict` if another one
        has the address, or this one is closed.
        """
        values = checked(values)
        try:
            with writing(self._engine) as connection:
                old = _account(connection, account_id)
                if old.closed_at is not None:
                    raise Conflict("This account is closed.")
                if plan is not None:
                    replace_grant(connection, account_id, plan, self._clock())
                if values:
                    mine = accounts.c.id == account_id
                    connection.execute(update(accounts).where(mine).values(values))
                if "email" in values and values["email"] != old.email:
                    self._tell_both(connection, account_id, old.email, values["email"])
        except IntegrityError as error:
            raise Conflict("There is an account with this email.") from error

    def close(self, account_id: int) -> None:
        """Close an account for good and forget whose it was; what it reported stays, nameless.

        A second time changes nothing.
        """
        now = self._clock()
        with writing(self._engine) as connection:
            old = _account(connection, account_id)
            closed_at = now if old.closed_at is None else old.closed_at
            blank = {"user_name": NAMELESS, "email": None, "notes": "", "closed_at": closed_at}
            mine = accounts.c.id == account_id
            connection.execute(update(accounts).where(mine).values(blank))
            revoke_keys_of(connection, account_id, now)
            labels = update(access_keys).where(access_keys.c.account_id == account_id)
            connection.execute(labels.values(label=NAMELESS))
            end_plans(connection, account_id, now)
            _end_mails(connection, account_id, now)
            _forget_buyer(connection, account_id)

    def _tell_both(
        self, connection: Connection, account_id: int, old: str | None, new: str | None
    ) -> None:
        now = self._clock()
        facts = {"old": old or "-", "new": new or "-"}
        for number, recipient in enumerate(filter(None, (old, new))):
            about = f"{now} {number}"
            told = {**facts, "to": recipient}
            add_mail(connection, account_id, MailKind.CHANGED, about, told, now)


def _account(connection: Connection, account_id: int) -> Any:
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound("There is no account with this id.")
    return row


def _end_mails(connection: Connection, account_id: int, now: int) -> None:
    good = (claims.c.account_id == account_id) & (claims.c.expires_at > now)
    connection.execute(update(claims).where(good).values(expires_at=now))
    mine = mails.c.account_id == account_id
    connection.execute(update(mails).where(mine).values(facts={}))
    waiting = mine & (mails.c.state == MailState.WAITING)
    gone = {"state": MailState.FAILED, "error": "the account is closed"}
    connection.execute(update(mails).where(waiting).values(gone))


def _forget_buyer(connection: Connection, account_id: int) -> None:
    """Take the person out of what is kept of payments; what was paid and when stays."""
    events = webhook_events.c.account_id == account_id
    connection.execute(update(webhook_events).where(events).values(body=None))
    for table, kind in ((contracts, Contract), (invoices, Invoice)):
        mine = table.c.account_id == account_id
        for row in connection.execute(select(table).where(mine)).all():
            kept = _nameless(msgspec.convert(row.kept, kind))
            same = (table.c.provider == row.provider) & (table.c.id == row.id)
            values = {"kept": msgspec.to_builtins(kept)}
            connection.execute(update(table).where(same).values(values))


def _nameless(kept: msgspec.Struct) -> msgspec.Struct:
    events = {
        name: msgspec.structs.replace(event, **_PERSONAL)
        for name in kept.__struct_fields__
        if isinstance(event := getattr(kept, name), msgspec.Struct)
    }
    return msgspec.structs.replace(kept, **events)
