"""Keys that open the API: made once, shown once, stored as digests only."""

import builtins
import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict, InvalidRequest, NotFound
from core.names import check_name
from storage.database import lock_table, reading, writing
from storage.tables import access_keys

OWNER = "owner"
READER = "reader"
# Robots of an account, and programs that feed a platform.
SUBSCRIBER, FEEDER = "subscriber", "feeder"
# A reader who may trade on the account of the key.
TRADER = "trader"
# What a key can be narrowed to: feeding a platform, speaking for a forecaster, or all of them.
INGEST, FORECAST = "ingest", "forecast"
SCOPES = {INGEST: "PLATFORM", FORECAST: "NAME"}
ROLES = frozenset({OWNER, READER, SUBSCRIBER, FEEDER, TRADER})
FIXED_KEY_LENGTH = 16
# Label of the key in the owner's file, which `storage.access.owner_key` looks after.
FILE_LABEL = "owner"

_ALPHABET = string.digits + string.ascii_letters
_SECRET_LENGTH = 43  # 62**43 > 2**256
_FORM = re.compile(r"tck_([0-9A-Za-z]{8})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})\Z")


class AccessKey(msgspec.Struct, frozen=True):
    """What is known of a key: everything but the key. Times are epoch milliseconds UTC."""

    id: str
    role: str
    label: str
    hint: str
    created_at: int
    revoked_at: int | None = None
    expires_at: int | None = None
    scopes: tuple[str, ...] = ()
    number: int = 0
    account_id: int | None = None

    def opens(self, now: int) -> bool:
        """Say whether it opens the API at `now` (epoch ms)."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def reaches(self, purpose: str, name: str) -> bool:
        """Say whether its scopes, if it has any, allow a purpose for a name."""
        wanted = {f"{purpose}:{name}", f"{purpose}:*"}
        return not self.scopes or bool(purpose and wanted & set(self.scopes))

    def serves(self, purpose: str) -> bool:
        """Say whether its scopes, if it has any, allow a purpose for any name at all."""
        return not self.scopes or any(
            bool(purpose) and scope.startswith(f"{purpose}:") for scope in self.scopes
        )


class AccessKeyStore:
    """Keys in SQL. Every method may raise `DatabaseUnavailable`.

    A key is `tck_{id}_{secret}_{checksum}`: the secret has 256 random bits, and
    the checksum (CRC-32) lets scanners and typists tell a damaged key. A key of
    another form can be adopted, as the owner may fix one.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def create(
        self,
        role: str,
        label: str,
        expires_at: int | None = None,
        scopes: Sequence[str] = (),
        account_id: int | None = None,
    ) -> tuple[str, AccessKey]:
        """Make a key; the first part of the answer is the only copy of it in clear.

        With `expires_at` (epoch ms) it ends by itself; with `scopes`, each
        `ingest:PLATFORM` or `forecast:NAME`, it opens nothing else. A subscriber's key
        is one of an account, a feeder's has a scope.
        """
        plain = new_key()
        return plain, self.adopt(plain, role, label, expires_at, scopes, account_id)

    def adopt(
        self,
        plain: str,
        role: str,
        label: str,
        expires_at: int | None = None,
        scopes: Sequence[str] = (),
        account_id: int | None = None,
    ) -> AccessKey:
        """Store the digest of a key chosen elsewhere.

        Raises `InvalidRequest` for an unknown role or scope, a label over 128
        characters or a key under 16, and `Conflict` if the key is stored already.
        """
        try:
            with writing(self._engine) as connection:
                return insert_key(
                    connection,
                    plain,
                    role,
                    label,
                    self._clock(),
                    expires_at=expires_at,
                    scopes=scopes,
                    account_id=account_id,
                )
        except IntegrityError as error:
            raise Conflict("This key is stored already.") from error

    def find(self, plain: str) -> AccessKey | None:
        """Return the key that `plain` opens; None if it is unknown, revoked or expired."""
        key = self.known(plain)
        return key if key and key.opens(self._clock()) else None

    def known(self, plain: str) -> AccessKey | None:
        """Return a key that was ever stored, revoked or not; None if it is unknown.

        The work is the same in all cases: one look-up by id, one comparison in
        constant time.
        """
        with reading(self._engine) as connection:
            found = select(access_keys).where(access_keys.c.id == stored_id(plain))
            row = connection.execute(found).one_or_none()
        known = is_digest_of(plain, row.digest if row else None)
        return to_key(row) if known and row else None

    def revoke(self, key_id: str) -> AccessKey:
        """Close a key at once; raises `NotFound`. A second time changes nothing."""
        chosen = access_keys.c.id == key_id
        open_still = chosen & access_keys.c.revoked_at.is_(None)
        with writing(self._engine) as connection:
            connection.execute(
                update(access_keys).where(open_still).values(revoked_at=self._clock())
            )
            row = connection.execute(select(access_keys).where(chosen)).one_or_none()
        if row is None:
            raise NotFound("There is no key with this id.")
        return to_key(row)

    def rotate(
        self, key_id: str, overlap_ms: int = 0, known: AccessKey | None = None
    ) -> tuple[str, AccessKey]:
        """Make a key of the same role, label and expiry, and end the old one after `overlap_ms`.

        Raises `NotFound`, and `Conflict` if the old one opens nothing any more, or was
        replaced since it was as `known`: of two who rotate it at once, one does.
        """
        now = self._clock()
        with writing(self._engine) as connection:
            lock_table(connection, access_keys)
            chosen = access_keys.c.id == key_id
            row = connection.execute(select(access_keys).where(chosen)).one_or_none()
            if row is None:
                raise NotFound("There is no key with this id.")
            old = to_key(row)
            _check_rotation(old, known, now)
            plain = new_key()
            made = insert_key(
                connection,
                plain,
                old.role,
                old.label,
                now,
                expires_at=old.expires_at,
                scopes=old.scopes,
                account_id=old.account_id,
            )
            end = now + max(0, overlap_ms)
            cut = {"expires_at": min(end, old.expires_at or end)}
            ends = cut if overlap_ms else {"revoked_at": now}
            connection.execute(update(access_keys).where(chosen).values(ends))
        return plain, made

    def restore(self, plain: str) -> None:
        """Open a stored key again."""
        chosen = access_keys.c.digest == _digest(plain)
        with writing(self._engine) as connection:
            connection.execute(
                update(access_keys).where(chosen).values(revoked_at=None, expires_at=None)
            )

    def numbered(self, number: int) -> AccessKey | None:
        """Return the key of a number, None if there is none."""
        chosen = select(access_keys).where(access_keys.c.number == number)
        with reading(self._engine) as connection:
            row = connection.execute(chosen).one_or_none()
        return to_key(row) if row else None

    def of_account(self, account_id: int) -> builtins.list[AccessKey]:
        """Return the keys of an account, the oldest first, revoked ones too."""
        mine = select(access_keys).where(access_keys.c.account_id == account_id)
        with reading(self._engine) as connection:
            return [to_key(row) for row in connection.execute(mine.order_by(access_keys.c.number))]

    def list(self) -> builtins.list[AccessKey]:
        """Return all keys, oldest first, revoked ones too."""
        order = access_keys.c.created_at, access_keys.c.id
        with reading(self._engine) as connection:
            return [to_key(row) for row in connection.execute(select(access_keys).order_by(*order))]


def new_key() -> str:
    """Return a fresh random key; nothing is stored."""
    key_id, secret = _random(8), _random(_SECRET_LENGTH)
    return f"tck_{key_id}_{secret}_{_checksum(f'{key_id}_{secret}')}"


def stored_id(plain: str) -> str:
    """Return the id under which a key is stored, if it is."""
    # A key that is not of our form is looked up by a part of its digest.
    parts = _FORM.match(plain)
    well_formed = parts and _checksum(f"{parts[1]}_{parts[2]}") == parts[3]
    return parts[1] if parts and well_formed else f"fixed-{_digest(plain)[:8]}"


def is_digest_of(plain: str, digest: str | None) -> bool:
    """Say in constant time whether a stored digest is that of a key; without one it is not."""
    return hmac.compare_digest(digest or "0" * 64, _digest(plain))


def insert_key(
    connection: Connection,
    plain: str,
    role: str,
    label: str,
    now: int,
    *,
    expires_at: int | None = None,
    scopes: Sequence[str] = (),
    account_id: int | None = None,
) -> AccessKey:
    """Store the digest of a key within a transaction; raises as `AccessKeyStore.adopt` does."""
    _check(plain, role, label)
    _check_scopes(scopes)
    _check_owner(role, scopes, account_id)
    lock_table(connection, access_keys)
    values = {
        "id": stored_id(plain),
        "digest": _digest(plain),
        "role": role,
        "label": label,
        "hint": _hint(plain),
        "created_at": now,
        "expires_at": expires_at,
        "scopes": list(scopes),
        "account_id": account_id,
        "number": select(func.coalesce(func.max(access_keys.c.number), 0) + 1).scalar_subquery(),
    }
    made = insert(access_keys).values(values).returning(access_keys)
    return to_key(connection.execute(made).one())


def revoke_keys_of(connection: Connection, account_id: int, now: int) -> int:
    """Close all keys of an account within a transaction; returns how many opened still."""
    opened = (access_keys.c.account_id == account_id) & access_keys.c.revoked_at.is_(None)
    return connection.execute(update(access_keys).where(opened).values(revoked_at=now)).rowcount


def _check_rotation(old: AccessKey, known: AccessKey | None, now: int) -> None:
    if not old.opens(now):
        raise Conflict("This key was revoked or has expired; create another.")
    if known and known.expires_at != old.expires_at:
        raise Conflict("This key was replaced a moment ago; use the new one.")
    if (old.role, old.label) == (OWNER, FILE_LABEL):
        raise Conflict("To replace the owner's own key, delete its file and start again.")


def _check(plain: str, role: str, label: str) -> None:
    if role not in ROLES:
        raise InvalidRequest(f"role must be one of {', '.join(sorted(ROLES))}.")
    if len(label) > 128:
        raise InvalidRequest("label must have at most 128 characters.")
    if len(plain) < FIXED_KEY_LENGTH:
        raise InvalidRequest(f"A key must have at least {FIXED_KEY_LENGTH} characters.")


def _check_scopes(scopes: Sequence[str]) -> None:
    for scope in scopes:
        purpose, _, name = scope.partition(":")
        if purpose not in SCOPES:
            forms = " or ".join(f"{known}:{what}" for known, what in SCOPES.items())
            raise InvalidRequest(f"scope must be {forms}, with * for all.", field="scope")
        if name != "*":
            check_name(name, "scope")


def _check_owner(role: str, scopes: Sequence[str], account_id: int | None) -> None:
    if role != TRADER and (role == SUBSCRIBER) != (account_id is not None):
        raise InvalidRequest(
            "A subscriber's key is one of an account, and only that: tickcast accounts makes it.",
            field="role",
        )
    if role == FEEDER and not any(scope.startswith(f"{INGEST}:") for scope in scopes):
        raise InvalidRequest(
            f"A feeder's key needs a scope {INGEST}:{SCOPES[INGEST]}.", field="scope"
        )


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits += _ALPHABET[digit]
    return digits


def _hint(plain: str) -> str:
    return f"tck_{stored_id(plain)}_…{plain[-4:]}" if _FORM.match(plain) else "fixed"


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def to_key(row: Row[tuple[object, ...]]) -> AccessKey:
    """Return a row of keys as what is known of a key."""
    return msgspec.convert(row, AccessKey, from_attributes=True)
