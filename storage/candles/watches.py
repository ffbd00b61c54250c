"""The watch-list: series that are kept fresh by the schedule."""

import builtins
from collections.abc import Callable

import msgspec
from sqlalchemy import ColumnElement, Engine, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import NotFound
from core.series import Series
from storage.database import reading, writing
from storage.tables import watches


class Watch(msgspec.Struct, frozen=True):
    """A watched series and how its last run went. Times are epoch milliseconds UTC."""

    series: Series
    created_at: int
    last_run_at: int | None = None
    last_success_at: int | None = None
    last_error: str | None = None


class WatchStore:
    """Watches in SQL. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, series: Series) -> bool:
        """Watch a series; returns False if it is watched already."""
        values = {**msgspec.structs.asdict(series), "created_at": self._clock()}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(watches).values(values))
        except IntegrityError:
            return False
        return True

    def remove(self, series: Series) -> None:
        """Watch a series no longer; raises `NotFound`."""
        with writing(self._engine) as connection:
            if not connection.execute(delete(watches).where(_is(series))).rowcount:
                raise NotFound("This series is not watched.")

    def list(self) -> builtins.list[Watch]:
        """Return all watches by platform, symbol and resolution."""
        order = watches.c.platform, watches.c.symbol, watches.c.resolution
        with reading(self._engine) as connection:
            rows = connection.execute(select(watches).order_by(*order)).all()
        return [
            Watch(Series(*row[:3]), row.created_at, row.last_run_at, row.last_success_at, row[6])
            for row in rows
        ]

    def record(self, series: Series, error: str | None) -> None:
        """Note a run: its error, or None if it went well; ignored if no longer watched."""
        now = self._clock()
        values: dict[str, int | str | None] = {"last_run_at": now, "last_error": error}
        if error is None:
            values["last_success_at"] = now
        with writing(self._engine) as connection:
            connection.execute(update(watches).where(_is(series)).values(values))


def _is(series: Series) -> ColumnElement[bool]:
    return and_(
        watches.c.platform == series.platform,
        watches.c.symbol == series.symbol,
        watches.c.resolution == series.resolution,
    )
