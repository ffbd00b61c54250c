"""Mails that are to be sent: which, to whom, how often tried; never a body, never a secret."""

import builtins
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from core.clock.times import now_ms
from core.mail.mails import RETRY_S, MailKind
from storage.database import lock_table, reading, writing
from storage.mail.mail_tables import mails

# Who is told of what a person has to look at.
OPERATOR = 0
ABOUT_LENGTH = 128


class MailState(StrEnum):
    """Where a mail is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Mail(msgspec.Struct, frozen=True):
    """A mail of the outbox; `attempts` counts the one that goes on, too."""

    id: int
    account_id: int
    kind: MailKind
    about: str
    facts: dict[str, Any]
    state: MailState
    attempts: int
    next_try_at: int
    error: str | None
    created_at: int
    sent_at: int | None


class Outbox:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self,
        account_id: int,
        kind: MailKind,
        about: str,
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Queue a mail; False if one of this kind about the same was queued before."""
        with writing(self._engine) as connection:
            return add_mail(connection, account_id, kind, about, facts or {}, self._clock())

    def lease(self) -> Mail | None:
        """Return a mail that is due and count the attempt; None if no other is.

        Whoever dies with it tries again.
        """
        now, column = self._clock(), mails.c
        due = (column.state == MailState.WAITING) & (column.next_try_at <= now)
        chosen = select(mails).where(due).order_by(column.next_try_at, column.id).limit(1)
        with writing(self._engine) as connection:
            row = connection.execute(chosen.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            again = now + RETRY_S[min(row.attempts, len(RETRY_S) - 1)] * 1_000
            values = {"attempts": row.attempts + 1, "next_try_at": again}
            one = update(mails).where(column.id == row.id).values(values).returning(mails)
            return _mail(connection.execute(one).one())

    def sent(self, mail: Mail) -> None:
        """Note that a server took a mail."""
        self._note(mail, state=MailState.SENT, sent_at=self._clock(), error=None)

    def refused(self, mail: Mail, error: str, *, final: bool) -> MailState:
        """Note why a mail was not taken; it has failed if that is final or was the last attempt."""
        over = final or mail.attempts > len(RETRY_S)
        state = MailState.FAILED if over else MailState.WAITING
        self._note(mail, state=state, error=error[:500])
        return state

    def pause(self, until: int) -> None:
        """Try no mail before an instant (epoch ms): the server is away."""
        column = mails.c
        early = (column.state == MailState.WAITING) & (column.next_try_at < until)
        with writing(self._engine) as connection:
            connection.execute(update(mails).where(early).values(next_try_at=until))

    def links_since(self, account_id: int, since: int) -> int:
        """Return how many links were queued for an account since an instant."""
        column = mails.c
        chosen = select(func.count()).where(
            column.account_id == account_id,
            column.kind.in_((MailKind.CLAIM, MailKind.RECOVER)),
            column.created_at >= since,
        )
        with reading(self._engine) as connection:
            return int(connection.execute(chosen).scalar_one())

    def list(
        self, state: str | None = None, limit: int = 100, offset: int = 0
    ) -> builtins.list[Mail]:
        """Return mails, the newest first, those of a state if one is given."""
        chosen = select(mails).order_by(mails.c.id.desc()).limit(limit).offset(offset)
        if state:
            chosen = chosen.where(mails.c.state == state)
        with reading(self._engine) as connection:
            return [_mail(row) for row in connection.execute(chosen)]

    def counts(self) -> dict[str, int]:
        """Return how many mails are in each state."""
        counted = select(mails.c.state, func.count()).group_by(mails.c.state)
        with reading(self._engine) as connection:
            found = dict(map(tuple, connection.execute(counted).all()))
        return {state.value: found.get(state.value, 0) for state in MailState}

    def _note(self, mail: Mail, **values: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(mails).where(mails.c.id == mail.id).values(values))


def add_mail(
    connection: Connection,
    account_id: int,
    kind: MailKind,
    about: str,
    facts: Mapping[str, Any],
    now: int,
) -> bool:
    """Queue a mail within a transaction; False if it was queued before."""
    lock_table(connection, mails)
    column, about = mails.c, about[:ABOUT_LENGTH]
    same = (column.account_id == account_id) & (column.kind == kind) & (column.about == about)
    if connection.execute(select(column.id).where(same)).first():
        return False
    values = {
        "account_id": account_id,
        "kind": kind,
        "about": about,
        "facts": dict(facts),
        "state": MailState.WAITING,
        "attempts": 0,
        "next_try_at": now,
        "created_at": now,
    }
    connection.execute(insert(mails).values(values))
    return True


def _mail(row: Row[Any]) -> Mail:
    return msgspec.convert(row, Mail, from_attributes=True)
