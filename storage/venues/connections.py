"""Which account at a venue each account of ours is connected to, and whether it may trade live."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Engine, delete, func, insert, select, update
from sqlalchemy import Connection as SqlConnection

from core.clock.times import now_ms
from core.errors import Conflict, InvalidRequest, NotFound
from core.trading.accounts import PAPER, venue_account_number
from core.venues.account import VenueSnapshot
from storage.database import lock_table, reading, writing
from storage.venues.token_vault import Locked, TokenVault
from storage.venues.venue_tables import venue_connections

# For how long a live account stays opened.
LIVE_MS = 30 * 86_400_000
_HERE = venue_connections.c
_SNAPSHOT = msgspec.json.Decoder(VenueSnapshot)
# Until a venue has said otherwise, an account is one of real money.
_NEW: dict[str, object] = {"connected": False, "real": True, "investor": False}


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection; instants are epoch ms. Of the token only `hint` is told.

    `number` is that of the account of trading whose orders go there, 0 before it was connected.
    """

    account_id: int
    venue: str
    venue_account: str
    connected: bool
    hint: str | None = None
    login: str | None = None
    real: bool = True
    investor: bool = False
    live_login: str | None = None
    live_until: int | None = None
    changed_at: int = 0
    trade_allowed: bool = True
    number: int = 0

    def live(self, now: int) -> bool:
        """Say whether the gate is open at `now` for the login that it was opened for."""
        opened = self.live_until is not None and now < self.live_until
        return opened and self.login is not None and self.live_login == self.login


# All but the token and what the venue said of the account, which can be long.
_SHOWN = [_HERE[name] for name in Connection.__struct_fields__]


class Seen(NamedTuple):
    """What the venue said of the account when it was connected."""

    login: str
    real: bool
    investor: bool
    trade_allowed: bool = True


class ConnectionStore:
    """Every method may raise `DatabaseUnavailable`; `clock` returns epoch ms."""

    def __init__(
        self, engine: Engine, vault: TokenVault, clock: Callable[[], int] = now_ms
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._clock = clock

    def get(self, account_id: int) -> Connection | None:
        """Return the connection of an account, None while there is none."""
        return self._read((_HERE.account_id == account_id) & _HERE.connected)

    def find(self, account_id: int, venue_account: str) -> Connection | None:
        """Return what is known of an account at a venue, whether it is connected or not."""
        return self._read(_named(account_id, venue_account))

    def token(self, account_id: int, venue_account: str) -> str | None:
        """Return the stored token of an account at a venue, None if there is none.

        Raises `VaultClosed` if it is there and cannot be read.
        """
        chosen = select(_HERE.token, _HERE.key_id, _HERE.hint)
        with reading(self._engine) as connection:
            row = connection.execute(chosen.where(_named(account_id, venue_account))).one_or_none()
        if row is None or row.token is None:
            return None
        return self._vault.open(Locked(*row), _holder(account_id, venue_account))

    def all_connected(self) -> list[Connection]:
        """Return every connection to a venue that is not the paper account."""
        chosen = _HERE.connected & (_HERE.venue != PAPER)
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_SHOWN).where(chosen))
            return [msgspec.convert(row, Connection, from_attributes=True) for row in rows]

    def of_number(self, number: int) -> Connection | None:
        """Return the connection that an account of trading is at, None while it is not."""
        return self._read((_HERE.number == number) & _HERE.connected)

    def by_number(self, number: int) -> Connection | None:
        """Return what is known of an account of trading at a venue, connected or not."""
        return self._read(_HERE.number == number)

    def snapshot(self, account_id: int, venue_account: str) -> VenueSnapshot | None:
        """Return an account at a venue as it was last read."""
        query = select(_HERE.snapshot).where(_named(account_id, venue_account))
        with reading(self._engine) as connection:
            told = connection.execute(query).scalar()
        return None if told is None else _SNAPSHOT.decode(told)

    def keep_snapshot(self, account_id: int, venue_account: str, shown: VenueSnapshot) -> None:
        """Keep an account as it was read, and what it may do now."""
        told = shown.account
        values = {
            "snapshot": msgspec.json.encode(shown).decode(),
            "investor": told.investor,
            "trade_allowed": told.trade_allowed,
        }
        with writing(self._engine) as connection:
            chosen = _named(account_id, venue_account)
            connection.execute(update(venue_connections).where(chosen).values(values))

    def lock(self, account_id: int, venue_account: str, token: str) -> Locked:
        """Return a token as only this account can open it; raises `VaultClosed`."""
        return self._vault.lock(token, _holder(account_id, venue_account))

    def unlock(self, account_id: int, venue_account: str, locked: Locked) -> str:
        """Return a token that was locked for this account; raises `VaultClosed`."""
        return self._vault.open(locked, _holder(account_id, venue_account))

    def keep_locked(self, account_id: int, venue: str, venue_account: str, locked: Locked) -> None:
        """Keep a locked token, of an account at a venue that is or will be connected."""
        sealed = {"token": locked.text, "key_id": locked.key_id, "hint": locked.hint}
        self._put(account_id, venue, venue_account, sealed)

    def connect(self, account_id: int, venue: str, venue_account: str, seen: Seen) -> Connection:
        """Note a connection, with what the venue said.

        Another login than before closes the gate of live trading. Raises `Conflict` while
        another account is connected.
        """
        told = {"connected": True, **seen._asdict()}
        known = self.find(account_id, venue_account)
        if known is None or known.login != seen.login:
            told |= {"live_login": None, "live_until": None}
        self._put(account_id, venue, venue_account, told)
        return self._known(account_id)

    def disconnect(self, account_id: int, *, forget: bool = False) -> None:
        """End the session of an account; with `forget` its token is gone, too."""
        chosen = (_HERE.account_id == account_id) & _HERE.connected
        with writing(self._engine) as connection:
            if forget:
                connection.execute(delete(venue_connections).where(chosen))
            else:
                ended = {"connected": False, "changed_at": self._clock()}
                connection.execute(update(venue_connections).where(chosen).values(ended))

    def open_live(self, account_id: int, login: str) -> Connection:
        """Open the gate of live trading for 30 days to whoever typed the login again.

        Raises `NotFound` without a connection, and `InvalidRequest` for another login.
        """
        known = self._known(account_id)
        if not known.login or login != known.login:
            raise InvalidRequest("login is not that of the connected account.", field="login")
        opened = {"live_login": login, "live_until": self._clock() + LIVE_MS}
        self._put(account_id, known.venue, known.venue_account, opened)
        return self._known(account_id)

    def close_live(self, account_id: int) -> None:
        """Close the gate of live trading of whatever an account is connected to, or was."""
        closed = {"live_login": None, "live_until": None}
        with writing(self._engine) as connection:
            chosen = _HERE.account_id == account_id
            connection.execute(update(venue_connections).where(chosen).values(closed))

    def fault(self) -> str | None:
        """Return why stored tokens cannot be read, None if they can."""
        with reading(self._engine) as connection:
            held = select(_HERE.key_id).where(_HERE.key_id.is_not(None)).distinct()
            return self._vault.fault(set(connection.execute(held).scalars()))

    def _put(
        self, account_id: int, venue: str, venue_account: str, values: Mapping[str, object]
    ) -> None:
        now = {"venue": venue, "changed_at": self._clock()}
        with writing(self._engine) as connection:
            lock_table(connection, venue_connections)
            others = (_HERE.account_id == account_id) & (_HERE.venue_account != venue_account)
            taken = select(_HERE.venue_account).where(others, _HERE.connected)
            if values.get("connected") and connection.execute(taken).first():
                raise Conflict("Another account is connected: disconnect it first.")
            chosen = _named(account_id, venue_account)
            changed = update(venue_connections).where(chosen).values({**values, **now})
            if not connection.execute(changed).rowcount:
                made = _NEW | {"account_id": account_id, "venue_account": venue_account}
                connection.execute(insert(venue_connections).values({**made, **values, **now}))
            if values.get("connected"):
                _number(connection, account_id, venue, venue_account)

    def _read(self, chosen: ColumnElement[bool]) -> Connection | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(*_SHOWN).where(chosen)).one_or_none()
        return None if row is None else msgspec.convert(row, Connection, from_attributes=True)

    def _known(self, account_id: int) -> Connection:
        found = self.get(account_id)
        if found is None:
            raise NotFound("This account is connected to no venue.")
        return found


def _number(connection: SqlConnection, account_id: int, venue: str, venue_account: str) -> None:
    """Give an account at a venue the number under which its orders are recorded, for ever."""
    chosen = _named(account_id, venue_account)
    if venue == PAPER or connection.execute(select(_HERE.number).where(chosen)).scalar():
        return
    held = select(func.max(_HERE.number)).where(_HERE.account_id == account_id)
    last = connection.execute(held).scalar() or 0
    number = venue_account_number(last or account_id, 1)
    connection.execute(update(venue_connections).where(chosen).values(number=number))


def _named(account_id: int, venue_account: str) -> ColumnElement[bool]:
    return (_HERE.account_id == account_id) & (_HERE.venue_account == venue_account)


def _holder(account_id: int, venue_account: str) -> str:
    return f"{account_id}:{venue_account}"
