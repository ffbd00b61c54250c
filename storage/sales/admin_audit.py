"""Who called what with the admin secret: every call, also those that were refused."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Engine, insert, update

from core.clock.times import now_ms
from storage.database import writing
from storage.sales.sales_tables import admin_audit

_PATH_LENGTH = 256


class AdminCall(NamedTuple):
    """A call that begins; `secret` says what opened: current, old, an owner's key, or wrong."""

    address: str
    method: str
    path: str
    secret: str
    request_id: str


class AdminAudit:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def begin(self, call: AdminCall) -> int:
        """Note a call before anything is done for it; returns its number."""
        values = call._asdict() | {"at": self._clock(), "path": call.path[:_PATH_LENGTH]}
        with writing(self._engine) as connection:
            made = insert(admin_audit).values(values).returning(admin_audit.c.number)
            return int(connection.execute(made).scalar_one())

    def end(self, number: int, status: int) -> None:
        """Note how a call was answered."""
        chosen = update(admin_audit).where(admin_audit.c.number == number)
        with writing(self._engine) as connection:
            connection.execute(chosen.values(status=status))
