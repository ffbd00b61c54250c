"""The ledger: forecasts that were made before the fact, and what came of them.

Nothing in it can be changed. A live forecast is stamped by the server's clock
at the moment it is entered, and refused when its time is over; it is then
counted among the missed ones. Each ledger (the live one, and one for every
replay) is a pair of hash chains; see `core.ledger`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, select

from core.clock.grids import PLAIN, Grid
from core.clock.openings import end_of
from core.clock.times import now_ms
from core.errors import Conflict
from core.forecast_target import ForecastTarget
from core.ledger import CLOCKED, LIVE
from storage.database import writing
from storage.ledger.ledger_chain import REPLAY, Row, extend, is_live, lock, register
from storage.ledger.ledger_heads import Heads, Turn
from storage.ledger.ledger_reads import accounted_until, in_parts, is_target, rows_by_number
from storage.ledger.ledger_rows import Appended, Forecast, LedgerRow, Missed, missed_late
from storage.ledger.ledger_tables import ledger, ledger_pending, ledgers


class LedgerStore:
    """Appends to ledgers in SQL, whose heads stand in a file besides.

    Every method may raise `DatabaseUnavailable`. `clock` returns epoch
    milliseconds: the server's own.
    """

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    def append(self, forecasts: Sequence[Forecast], missed: Sequence[Missed] = ()) -> Appended:
        """Enter forecasts into the live ledger, all stamped with this moment.

        One that comes after its deadline is refused and noted as missed; one
        whose target and opening are in the ledger already is left out. `missed`
        are noted unless their targets are accounted for.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            fresh, known = _divide(connection, LIVE, forecasts)
            now = self._clock()
            timely = [forecast for forecast in fresh if now <= forecast.deadline]
            late = [forecast for forecast in fresh if now > forecast.deadline]
            noted = unaccounted(connection, [*missed, *map(missed_late, late)])
            rows = extend(
                connection,
                turn,
                LIVE,
                [forecast.values(now) for forecast in timely],
                [event.values(now) for event in noted],
            )
            return Appended([_to_row(row) for row in rows], late, known)

    def create_replay(self, name: str, job_id: str, request: Mapping[str, Any]) -> None:
        """Make a ledger of its own for a walk through the past; again is harmless.

        Raises `Conflict` if another job holds the name, or it is the live one's.
        """
        with writing(self._engine) as connection:
            lock(connection)
            holder = select(ledgers.c.job_id).where(ledgers.c.name == name)
            found = connection.execute(holder).one_or_none()
            if name in CLOCKED or (found and found.job_id != job_id):
                raise Conflict("A ledger of this name exists.")
            if not found:
                values = {"name": name, "created_at": self._clock(), "job_id": job_id}
                register(connection, values | {"kind": REPLAY, "request": dict(request)})

    def append_replayed(self, name: str, forecasts: Sequence[Forecast]) -> Appended:
        """Enter replayed forecasts, each as if made when its first target opened.

        Raises `NotFound` for a name that `create_replay` did not make, and
        `Conflict` for the live one.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            if is_live(connection, name):
                raise Conflict("The live ledger takes no replayed forecasts.")
            fresh, known = _divide(connection, name, forecasts)
            entered = [forecast.values(forecast.first_opening * 1_000) for forecast in fresh]
            rows = extend(connection, turn, name, entered)
            return Appended([_to_row(row) for row in rows], [], known)

    def record_outcomes(
        self,
        name: str,
        realised: Mapping[int, float],
        later_prices: Mapping[int, float] | None = None,
        grid: Grid = PLAIN,
    ) -> list[LedgerRow]:
        """Note the closes that came, by the `seq` of their forecasts; returns which were new.

        `later_prices` are those by which forecasts are judged that were made before
        the candle before their first target had closed. Of a replay each is stamped
        with the close of its target, whose candles open on `grid`, so that the same replay
        gives the same chain.
        """
        later = later_prices or {}
        with appending(self._engine, self._heads) as (connection, turn):
            now = self._clock() if is_live(connection, name) else None
            rows = [
                row
                for row in rows_by_number(connection, name, realised)
                if row.realised is None and math.isfinite(realised[row.seq])
            ]
            events = [
                row.outcome_values(
                    realised[row.seq],
                    now or end_of(row.opening, row.resolution, grid) * 1_000,
                    later.get(row.seq),
                )
                for row in rows
            ]
            extend(connection, turn, name, events=events)
            for numbers in in_parts(realised):
                here = ledger_pending.c.ledger == name, ledger_pending.c.seq.in_(numbers)
                connection.execute(delete(ledger_pending).where(*here))
            return rows


@contextmanager
def appending(engine: Engine, heads: Heads) -> Iterator[tuple[Connection, Turn]]:
    """Wait for the turn to append; what was appended commits with the block."""
    with heads.turn() as turn:
        with writing(engine) as connection:
            lock(connection)
            yield connection, turn
        turn.commit()


def _divide(
    connection: Connection, name: str, forecasts: Sequence[Forecast]
) -> tuple[list[Forecast], list[Forecast]]:
    """Return the forecasts of new targets, in order, and those that are in the ledger."""
    held: set[tuple[ForecastTarget, int]] = set()
    for target in {forecast.target for forecast in forecasts}:
        openings = [forecast.opening for forecast in forecasts if forecast.target == target]
        between = ledger.c.opening.between(min(openings), max(openings))
        here = select(ledger.c.opening).where(ledger.c.ledger == name, is_target(ledger, target))
        held |= {(target, opening) for opening in connection.execute(here.where(between)).scalars()}
    fresh: list[Forecast] = []
    known: list[Forecast] = []
    for forecast in forecasts:
        (known if forecast.key in held else fresh).append(forecast)
        held.add(forecast.key)
    return fresh, known


def unaccounted(connection: Connection, missed: Sequence[Missed], name: str = LIVE) -> list[Missed]:
    """Return those that come after all that is known of their targets."""
    last: dict[ForecastTarget, int] = {}
    noted = []
    for event in sorted(missed, key=lambda event: event.opening):
        if event.target not in last:
            last[event.target] = accounted_until(connection, event.target, name) or 0
        if event.opening > last[event.target]:
            noted.append(event)
            last[event.target] = event.last_opening
    return noted


def _to_row(row: Row) -> LedgerRow:
    return msgspec.convert(row, LedgerRow)
