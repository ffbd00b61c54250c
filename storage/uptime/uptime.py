"""The share of minutes in which the service was well, from what was noted of each."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Engine, case, delete, func, insert, select, update

from core.clock.times import now_ms
from storage.database import lock_table, reading, writing
from storage.uptime.uptime_tables import uptime_minutes

_MINUTE_MS = 60_000
WINDOW = 30 * 24 * 60
# What is shown is one window; a day more is kept.
_KEPT = WINDOW + 24 * 60


class Uptime(msgspec.Struct, frozen=True):
    """Percent of the minutes from `since` (epoch ms) on in which all was well."""

    percent: float
    since: int


class UptimeStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, reasons: Sequence[str]) -> None:
        """Note how the present minute is; it is well if no look at it found a reason."""
        minute = self._clock() // _MINUTE_MS
        here = uptime_minutes.c.minute == minute
        with writing(self._engine) as connection:
            lock_table(connection, uptime_minutes)
            held = connection.execute(select(uptime_minutes.c.ok).where(here)).scalar()
            told = {"ok": not reasons, "reasons": list(reasons)}
            if held is None:
                connection.execute(insert(uptime_minutes).values(minute=minute, **told))
                old = uptime_minutes.c.minute < minute - _KEPT
                connection.execute(delete(uptime_minutes).where(old))
            elif held and reasons:
                connection.execute(update(uptime_minutes).where(here).values(told))

    def window(self) -> Uptime:
        """Return the share of the last 30 days, or of the time since the first minute noted.

        The present minute counts only once it is noted.
        """
        now = self._clock() // _MINUTE_MS
        minutes, well = uptime_minutes.c.minute, case((uptime_minutes.c.ok, 1), else_=0)
        within = minutes > now - WINDOW
        query = select(func.min(minutes), func.max(minutes), func.sum(well)).where(within)
        before = select(minutes).where(minutes <= now - WINDOW).limit(1)
        with reading(self._engine) as connection:
            first, last, ok = connection.execute(query).one()
            older = connection.execute(before).scalar() is not None
        since = now - WINDOW + 1 if older else first if first is not None else now
        count = (now if last == now else now - 1) - since + 1
        percent = 100 * (ok or 0) / count if count > 0 else 0.0
        return Uptime(round(percent, 1), since * _MINUTE_MS)
