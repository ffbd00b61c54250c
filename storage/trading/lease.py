"""Who may write orders: one process, by a token that every transaction of it shows."""

import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from core.errors import LeaseLost
from storage.database import lock_table, reading, writing
from storage.trading.trading_tables import trading_lease

_TRADER = "trader"
LEASE_MS = 5_000


class Lease(msgspec.Struct, frozen=True):
    """The lease of the one writer: who holds it, and until when (epoch ms)."""

    token: str
    holder: str
    renewed_at: int
    expires_at: int
    bad_prices: int = 0

    def holds(self, now: int) -> bool:
        """Say whether somebody writes."""
        return now < self.expires_at


class LeaseStore:
    """Every method may raise `DatabaseUnavailable`; instants are epoch ms."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, holder: str, now: int) -> str | None:
        """Take the lease, or return None while another holds it."""
        with writing(self._engine) as connection:
            lock_table(connection, trading_lease)
            held = _read(connection)
            if held is not None and held.holds(now):
                return None
            token = secrets.token_hex(16)
            values: dict[str, Any] = {
                "token": token,
                "holder": holder,
                "renewed_at": now,
                "expires_at": now + LEASE_MS,
            }
            if held is None:
                first = {"name": _TRADER, "bad_prices": 0}
                connection.execute(insert(trading_lease).values(values | first))
            else:
                connection.execute(update(trading_lease).values(values))
            return token

    def renew(self, token: str, now: int, bad_prices: int = 0) -> None:
        """Hold it for five seconds more; raises `LeaseLost` if another has it."""
        with writing(self._engine) as connection:
            lock_table(connection, trading_lease)
            check_lease(connection, token)
            values = {
                "renewed_at": now,
                "expires_at": now + LEASE_MS,
                "bad_prices": trading_lease.c.bad_prices + bad_prices,
            }
            connection.execute(update(trading_lease).values(values))

    def give_back(self, token: str) -> None:
        """Let another take it at once."""
        mine = trading_lease.c.token == token
        with writing(self._engine) as connection:
            connection.execute(update(trading_lease).where(mine).values(expires_at=0))

    def held(self) -> Lease | None:
        """Return the lease, None if nobody ever had it."""
        with reading(self._engine) as connection:
            return _read(connection)


def check_lease(connection: Connection, token: str) -> None:
    """Raise `LeaseLost` unless the token is the newest: who was frozen can no longer write."""
    held = connection.execute(select(trading_lease.c.token)).scalar()
    if held != token:
        raise LeaseLost("Another trader has taken over.")


def _read(connection: Connection) -> Lease | None:
    row = connection.execute(select(trading_lease)).one_or_none()
    if row is None:
        return None
    fields = {name: getattr(row, name) for name in Lease.__struct_fields__}
    return Lease(**fields)
