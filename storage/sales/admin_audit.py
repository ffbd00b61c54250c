"""Who called what with the admin secret: every call, also those that were refused."""

import builtins
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Engine, Row, insert, select, update

from core.clock.times import now_ms
from storage.database import reading, writing
from storage.sales.sales_tables import admin_audit

_PATH_LENGTH = 256


class AdminCall(NamedTuple):
    """A call that begins; `secret` says which one opened: current, old, or none but a wrong one."""

    address: str
    method: str
    path: str
    secret: str
    request_id: str


class AuditRow(msgspec.Struct, frozen=True):
    """A call as it was noted; without a status it never was answered."""

    number: int
    at: int
    address: str
    method: str
    path: str
    secret: str
    status: int | None
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

    def list(self, limit: int = 100) -> builtins.list[AuditRow]:
        """Return the newest calls first."""
        chosen = select(admin_audit).order_by(admin_audit.c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [_row(row) for row in connection.execute(chosen)]


def _row(row: Row[Any]) -> AuditRow:
    return msgspec.convert({n: row._mapping[n] for n in AuditRow.__struct_fields__}, AuditRow)
