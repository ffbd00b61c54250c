"""Links that open a first key: made to be mailed, kept as digests, spent once."""

import hashlib
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.mail.mails import CLAIM_PAGE
from storage.access.access_keys import (
    SUBSCRIBER,
    AccessKey,
    insert_key,
    new_key,
    revoke_keys_of,
)
from storage.accounts.account_tables import accounts
from storage.database import writing
from storage.mail.mail_tables import claims

_TOKEN_BYTES = 32
# As many links of an account may be good at a time: a mail may be sent again.
LIVE_LINKS = 3
HOUR_MS = 3_600_000


class Purpose(StrEnum):
    """What a link does: give a key, or replace all keys."""

    CLAIM = "claim"
    RECOVER = "recover"


LIFETIME_MS = {Purpose.CLAIM: 72 * HOUR_MS, Purpose.RECOVER: HOUR_MS}


class ClaimLink(NamedTuple):
    """A token, in clear this once, and when it ends (epoch ms)."""

    token: str
    expires_at: int

    def url(self, base: str) -> str:
        """Return the link at a server's address.

        Behind # the token reaches no server, no proxy's log, and no page that it leads to.
        """
        return f"{base}{CLAIM_PAGE}#{self.token}"


class SpentClaim(NamedTuple):
    """Whose link was spent, and for what."""

    account_id: int
    purpose: Purpose


class NewKey(NamedTuple):
    """A key in clear, this once, its record, and whose it is."""

    plain: str
    key: AccessKey
    account_id: int


class ClaimStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def make(self, account_id: int, purpose: Purpose) -> ClaimLink:
        """Make a link of 256 random bits; of too many that are good the oldest ends."""
        now, token = self._clock(), secrets.token_urlsafe(_TOKEN_BYTES)
        link = ClaimLink(token, now + LIFETIME_MS[purpose])
        column = claims.c
        good = (column.account_id == account_id) & _is_good(now)
        newest_first = select(column.digest).where(good).order_by(column.created_at.desc())
        with writing(self._engine) as connection:
            known = connection.execute(newest_first).scalars().all()
            surplus = column.digest.in_(known[LIVE_LINKS - 1 :])
            connection.execute(update(claims).where(surplus).values(expires_at=now))
            connection.execute(
                insert(claims).values(
                    digest=_digest(token),
                    account_id=account_id,
                    purpose=purpose,
                    created_at=now,
                    expires_at=link.expires_at,
                )
            )
        return link

    def redeem(self, token: str) -> NewKey:
        """Spend a link and make the key that it is for; both, or neither.

        Raises `NotFound` for a link that never was, `Conflict` for one that is used or too
        old. One that is to recover an account closes all other keys of it.
        """
        now = self._clock()
        with writing(self._engine) as connection:
            spent = spend(connection, token, now)
            named = select(accounts.c.user_name).where(
                accounts.c.id == spent.account_id, accounts.c.closed_at.is_(None)
            )
            name = connection.execute(named).scalar_one_or_none()
            if name is None:
                raise Conflict("The account of this link is closed.")
            if spent.purpose is Purpose.RECOVER:
                revoke_keys_of(connection, spent.account_id, now)
            plain = new_key()
            key = insert_key(connection, plain, SUBSCRIBER, name, now, account_id=spent.account_id)
        return NewKey(plain, key, spent.account_id)


def spend(connection: Connection, token: str, now: int) -> SpentClaim:
    """Spend a link within the transaction that does what it is for; its others end with it.

    Raises `NotFound` for one that never was, `Conflict` for one that is used or too old.
    """
    column, digest = claims.c, _digest(token)
    spent = (
        update(claims)
        .where(column.digest == digest, _is_good(now))
        .values(used_at=now)
        .returning(column.account_id, column.purpose)
    )
    row = connection.execute(spent).one_or_none()
    if row is None:
        known = connection.execute(select(column.digest).where(column.digest == digest)).first()
        if known is None:
            raise NotFound("This link is not known; copy the whole of it from the mail.")
        raise Conflict("This link was used or is too old; ask for another.")
    others = (column.account_id == row.account_id) & _is_good(now)
    connection.execute(update(claims).where(others).values(expires_at=now))
    return SpentClaim(row.account_id, Purpose(row.purpose))


def _is_good(now: int) -> ColumnElement[bool]:
    return claims.c.used_at.is_(None) & (claims.c.expires_at > now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
