"""The ledger as it is read: pages of rows, what is pending, what was missed, scores."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    case,
    func,
    or_,
    select,
)

from core.clock.resolutions import HOUR
from core.forecast_target import ForecastTarget
from core.ledger import LIVE, SIGNALS, WALK, rows_chain
from core.series import Series
from storage.database import reading
from storage.ledger.ledger_chain import TABLES, is_live
from storage.ledger.ledger_rows import MISSED, OUTCOME, LedgerRow, Pending
from storage.ledger.ledger_tables import ledger, ledger_events, ledger_pending, ledgers

_BATCH = 1_000
Number = TypeVar("Number", int, str)
_FIELDS = ForecastTarget.__struct_fields__


class LedgerPage(msgspec.Struct, frozen=True):
    """Rows in the order in which they were entered, and whether more follow."""

    rows: list[LedgerRow]
    more: bool


class LedgerReader:
    """Reads ledgers. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self,
        name: str,
        wanted: Mapping[str, Any],
        start: int,
        end: int,
        limit: int,
        after: int = 0,
    ) -> LedgerPage:
        """Return rows whose target opens from `start` to `end` (s), beginning after a `seq`.

        `wanted` maps fields of a target to values. Raises `NotFound` for an
        unknown ledger.
        """
        filters = [ledger.c[field] == value for field, value in wanted.items()]
        query = _rows(name).where(*filters, ledger.c.opening.between(start, end))
        query = query.where(ledger.c.seq > after).order_by(ledger.c.seq).limit(limit + 1)
        with reading(self._engine) as connection:
            is_live(connection, name)
            rows = [_to_row(row) for row in connection.execute(query)]
        return LedgerPage(rows[:limit], len(rows) > limit)

    def count(self, series: Series) -> int:
        """Return how many rows of all ledgers are forecasts of a series."""
        of_series = (
            ledger.c[field] == getattr(series, field) for field in Series.__struct_fields__
        )
        with reading(self._engine) as connection:
            found = connection.execute(select(func.count()).select_from(ledger).where(*of_series))
            return int(found.scalar_one())

    def scored(self, name: str, target: ForecastTarget) -> list[LedgerRow]:
        """Return all rows of a target that have an outcome, by the candle that they forecast."""
        query = _rows(name).where(is_target(ledger, target), ledger_events.c.realised.is_not(None))
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(ledger.c.opening))
            return [_to_row(row) for row in found]

    def scored_by(self, name: str, model: str) -> list[LedgerRow]:
        """Return all rows of a model that have an outcome, of whatever target."""
        known = ledger.c.model == model, ledger_events.c.realised.is_not(None)
        with reading(self._engine) as connection:
            return [_to_row(row) for row in connection.execute(_rows(name).where(*known))]

    def newest_scored(self, name: str, target: ForecastTarget, limit: int) -> list[LedgerRow]:
        """Return the newest rows of a target that have an outcome, oldest first."""
        query = _rows(name).where(is_target(ledger, target), ledger_events.c.realised.is_not(None))
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(ledger.c.opening.desc()).limit(limit))
            return [_to_row(row) for row in found][::-1]

    def pending(self, since: int, until: int, limit: int) -> dict[Series, list[Pending]]:
        """Return forecasts without an outcome whose target closed then (s), newest first.

        Those of walked ledgers, whose targets have all closed, are due at any time. Where a
        change of clocks may have shortened a target, it is among them an hour earlier.
        """
        close = ledger_pending.c.opening + ledger_pending.c.resolution
        shorter = case((ledger_pending.c.resolution > HOUR, HOUR), else_=0)
        closed = and_(close >= since, close - shorter <= until)
        walked = ledger_pending.c.ledger.startswith(WALK, autoescape=True)
        due = select(ledger_pending).where(or_(closed, walked))
        due = due.where(ledger_pending.c.ledger != SIGNALS)  # theirs come from their own rules
        due = due.order_by(ledger_pending.c.opening.desc()).limit(limit)
        found: dict[Series, list[Pending]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(due):
                series = Series(row.platform, row.symbol, row.resolution)
                one = Pending(row.ledger, row.seq, row.opening, row.first_opening, row.input_end)
                found.setdefault(series, []).append(one)
        return found

    def accounted_until(self, target: ForecastTarget, name: str = LIVE) -> int | None:
        """Return the last candle (opening, s) of a target that was spoken of or missed."""
        with reading(self._engine) as connection:
            return accounted_until(connection, target, name)

    def missed(self, name: str = LIVE) -> dict[ForecastTarget, int]:
        """Return how many forecasts of each target were missed."""
        found = self.missed_by_reason(name, {})
        return {target: sum(reasons.values()) for target, reasons in found.items()}

    def missed_by_reason(
        self, name: str, wanted: Mapping[str, Any]
    ) -> dict[ForecastTarget, dict[str, int]]:
        """Return how many forecasts of each target were missed for each reason.

        `wanted` maps fields of a target to values.
        """
        columns = [ledger_events.c[field] for field in (*_FIELDS, "reason")]
        here = [ledger_events.c[field] == value for field, value in wanted.items()]
        here += [ledger_events.c.ledger == name, ledger_events.c.kind == MISSED]
        counts = select(*columns, func.sum(ledger_events.c.count)).where(*here).group_by(*columns)
        found: dict[ForecastTarget, dict[str, int]] = {}
        with reading(self._engine) as connection:
            for *target, reason, count in connection.execute(counts):
                found.setdefault(ForecastTarget(*target), {})[str(reason)] = int(count)
        return found

    def check(self, name: str) -> None:
        """Raise `NotFound` for a ledger that does not exist."""
        with reading(self._engine) as connection:
            is_live(connection, name)

    def names(self) -> list[str]:
        """Return all ledgers, the live one first, replays by age."""
        with reading(self._engine) as connection:
            by_age = select(ledgers.c.name).order_by(ledgers.c.created_at, ledgers.c.name)
            return [LIVE, *connection.execute(by_age).scalars()]

    def targets(self, name: str) -> dict[ForecastTarget, int]:
        """Return the targets of a ledger, and how many rows each has."""
        columns = [ledger.c[field] for field in _FIELDS]
        counts = select(*columns, func.count()).where(ledger.c.ledger == name).group_by(*columns)
        with reading(self._engine) as connection:
            is_live(connection, name)
            return {ForecastTarget(*row[:-1]): int(row[-1]) for row in connection.execute(counts)}


def rows_by_number(connection: Connection, name: str, numbers: Iterable[int]) -> list[LedgerRow]:
    """Return the rows of a ledger with these `seq`, in order."""
    found = []
    for some in in_parts(numbers):
        query = _rows(name).where(ledger.c.seq.in_(some)).order_by(ledger.c.seq)
        found += [_to_row(row) for row in connection.execute(query)]
    return found


def in_parts(numbers: Iterable[Number]) -> Iterator[list[Number]]:
    """Yield numbers (or ids) in order, as many at a time as a statement takes."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def accounted_until(connection: Connection, target: ForecastTarget, name: str = LIVE) -> int | None:
    """Return the last candle (opening, s) of a target that was spoken of or missed."""
    table = TABLES[rows_chain(name)]
    forecast = select(func.max(table.c.opening))
    forecast = forecast.where(table.c.ledger == name, is_target(table, target))
    missed = select(func.max(ledger_events.c.last_opening))
    missed = missed.where(ledger_events.c.ledger == name, ledger_events.c.kind == MISSED)
    missed = missed.where(is_target(ledger_events, target))
    known = [connection.execute(query).scalar() for query in (forecast, missed)]
    return max((opening for opening in known if opening is not None), default=None)


def is_target(table: Table, target: ForecastTarget) -> ColumnElement[bool]:
    """Return the condition that a row belongs to a target."""
    return and_(*(table.c[field] == getattr(target, field) for field in _FIELDS))


def _rows(name: str) -> Select[Any]:
    """Select the rows of a ledger with their outcomes."""
    joined = ledger.outerjoin(
        ledger_events,
        and_(
            ledger_events.c.ledger == ledger.c.ledger,
            ledger_events.c.seq == ledger.c.seq,
            ledger_events.c.kind == OUTCOME,
        ),
    )
    outcome = ledger_events.c.realised, ledger_events.c.last_price.label("later_price")
    rows = select(ledger, *outcome).select_from(joined)
    return rows.where(ledger.c.ledger == name)


def _to_row(row: Row[Any]) -> LedgerRow:
    return LedgerRow(**row._mapping)
