"""Signals sealed in a chain of their own, each before its first candle has gone on for long.

The rules are those of the ledger's forecasts: stamped by the server's clock, one
row a target and candle, refused and counted when late, never changed. What became
of them, and what was missed, stand in the ledger's events.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    or_,
    select,
)

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget, deadline_ms
from core.ledger import SIGNALS
from core.signals import GRACE_MS, HOLD
from storage.database import reading
from storage.ledger.ledger_chain import extend, read_head
from storage.ledger.ledger_heads import Head, Heads
from storage.ledger.ledger_reads import in_parts, is_target
from storage.ledger.ledger_rows import LATE, MISSED, OUTCOME, Missed
from storage.ledger.ledger_store import appending, unaccounted
from storage.ledger.ledger_tables import ledger_events, ledger_pending, ledger_signals
from storage.ledger.signal_rows import Sealed, SealedSignal, SignalOutcome, Unsealed

# A target, and the opening (s) of the last candle of its horizon.
Key = tuple[ForecastTarget, int]
Also = Callable[[Connection, Sequence[SealedSignal]], None]


class SealedSignals:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    def append(
        self,
        signals: Sequence[Unsealed],
        missed: Sequence[Missed] = (),
        also: Also = lambda connection, rows: None,
    ) -> Sealed:
        """Seal signals, all stamped with this moment; those that are sealed already are left out.

        One that comes after its deadline is refused and noted as missed; `missed`
        are noted unless their targets are accounted for. What is to commit with the seals
        is done by `also`.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            held = _held(connection, {one.opening for one in signals})
            fresh = [one for one in signals if (one.target, one.opening) not in held]
            now = self._clock()
            late = [
                one for one in fresh if now > deadline_ms(one.first_opening, one.target.resolution)
            ]
            refused = [Missed(one.target, one.opening, one.opening, 1, LATE) for one in late]
            noted = unaccounted(connection, [*missed, *refused], SIGNALS)
            made = [one.values(now) for one in fresh if one not in late]
            rows = extend(connection, turn, SIGNALS, made, [event.values(now) for event in noted])
            sealed = [msgspec.convert(row, SealedSignal) for row in rows]
            also(connection, sealed)
            return Sealed(sealed, len(late))

    def record_outcomes(self, outcomes: Sequence[SignalOutcome]) -> list[SealedSignal]:
        """Note what came of signals; returns those of which it was not known before."""
        told = {outcome.seq: outcome for outcome in outcomes}
        with appending(self._engine, self._heads) as (connection, turn):
            rows: list[SealedSignal] = []
            for part in in_parts(told):
                found = connection.execute(_rows(ledger_signals.c.seq.in_(part)))
                rows += [_sealed(row) for row in found]
            new = [row for row in rows if row.exit is None]
            events = [_event(row, told[row.seq], self._clock()) for row in new]
            extend(connection, turn, SIGNALS, events=events)
            for part in in_parts(told):
                here = ledger_pending.c.ledger == SIGNALS, ledger_pending.c.seq.in_(part)
                connection.execute(delete(ledger_pending).where(*here))
            return new

    def pending(self, until: int, limit: int = 5_000) -> list[SealedSignal]:
        """Return signals without an outcome whose first candle opened before `until` (s)."""
        waits = and_(
            ledger_pending.c.ledger == ledger_signals.c.ledger,
            ledger_pending.c.seq == ledger_signals.c.seq,
        )
        due = _rows(ledger_signals.c.first_opening < until)
        due = due.join(ledger_pending, waits).order_by(ledger_signals.c.seq).limit(limit)
        with reading(self._engine) as connection:
            return [_sealed(row) for row in connection.execute(due)]

    def scored(self, target: ForecastTarget) -> list[SealedSignal]:
        """Return the signals of a target of which it is known what came, oldest first."""
        known = and_(is_target(ledger_signals, target), ledger_events.c["label"].is_not(None))
        query = _rows(known).order_by(ledger_signals.c.opening)
        with reading(self._engine) as connection:
            return [_sealed(row) for row in connection.execute(query)]

    def sealed_of(self, signal_ids: Sequence[str]) -> set[str]:
        """Return those of some ids of signals that are sealed."""
        found: set[str] = set()
        with reading(self._engine) as connection:
            for part in in_parts(signal_ids):
                ids = select(ledger_signals.c.signal_id)
                found |= set(
                    connection.execute(ids.where(ledger_signals.c.signal_id.in_(part))).scalars()
                )
        return found

    def newest(self, targets: Sequence[ForecastTarget]) -> list[SealedSignal]:
        """Return the newest signal of each target that has one."""
        found = []
        with reading(self._engine) as connection:
            for target in targets:
                mine = _rows(is_target(ledger_signals, target))
                row = connection.execute(
                    mine.order_by(ledger_signals.c.opening.desc()).limit(1)
                ).one_or_none()
                found += [] if row is None else [_sealed(row)]
        return found

    def history(
        self,
        targets: Sequence[ForecastTarget],
        before: int,
        limit: int,
        *,
        holds: bool,
        since: int = 0,
    ) -> list[SealedSignal]:
        """Return signals of some targets with a smaller `seq` than `before`, newest first.

        Of those that were sealed since an instant (epoch ms).
        """
        wanted = and_(*_sealed_since(since, targets), ledger_signals.c.seq < before)
        if not holds:
            wanted = and_(wanted, ledger_signals.c.type != HOLD)
        query = _rows(wanted).order_by(ledger_signals.c.seq.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [_sealed(row) for row in connection.execute(query)]

    def newest_of(self, wanted: Mapping[str, Any], limit: int) -> list[SealedSignal]:
        """Return the newest signals whose columns are as wanted, newest first."""
        here = ledger_signals.c
        mine = _rows(and_(*(here[field] == value for field, value in wanted.items())))
        with reading(self._engine) as connection:
            rows = connection.execute(mine.order_by(here.seq.desc()).limit(limit))
            return [_sealed(row) for row in rows]

    def find(self, target: ForecastTarget, opening: int) -> SealedSignal | None:
        """Return the row of a target and the last candle of its horizon (opening, s)."""
        mine = msgspec.structs.asdict(target) | {"opening": opening}
        with reading(self._engine) as connection:
            row = connection.execute(_FOUND, mine).one_or_none()
        return None if row is None else _sealed(row)

    def held(self, openings: Iterable[int]) -> set[Key]:
        """Return the targets and last candles that are sealed, of candles that open then (s)."""
        with reading(self._engine) as connection:
            return _held(connection, openings)

    def page(
        self, wanted: Mapping[str, Any], start: int, end: int, limit: int, after: int = 0
    ) -> tuple[list[SealedSignal], bool]:
        """Return rows whose last candle opens then (s), after a `seq`, and whether more follow."""
        conditions = [ledger_signals.c[field] == value for field, value in wanted.items()]
        conditions += [ledger_signals.c.opening.between(start, end), ledger_signals.c.seq > after]
        query = _rows(and_(*conditions)).order_by(ledger_signals.c.seq).limit(limit + 1)
        with reading(self._engine) as connection:
            rows = [_sealed(row) for row in connection.execute(query)]
        return rows[:limit], len(rows) > limit

    def missed(self) -> dict[str, int]:
        """Return how many signals were missed, by reason."""
        here = ledger_events.c.ledger == SIGNALS, ledger_events.c.kind == MISSED
        counts = select(ledger_events.c.reason, func.sum(ledger_events.c.count))
        with reading(self._engine) as connection:
            found = connection.execute(counts.where(*here).group_by(ledger_events.c.reason))
            return {str(reason): int(count) for reason, count in found}

    def count_since(
        self, instant: int, targets: Sequence[ForecastTarget] | None = None
    ) -> tuple[int, int]:
        """Return how many signals were sealed since an instant (epoch ms), and how many act.

        Of some targets only, if they are named.
        """
        acts = func.sum(case((ledger_signals.c.type != HOLD, 1), else_=0))
        counted = select(func.count(), acts).where(*_sealed_since(instant, targets))
        with reading(self._engine) as connection:
            total, acting = connection.execute(counted).one()
        return int(total), int(acting or 0)

    def head(self) -> Head:
        """Return the end of the chain."""
        with reading(self._engine) as connection:
            return read_head(connection, SIGNALS, SIGNALS)

    def begun_at(self) -> int | None:
        """Return since when signals are sealed (epoch ms): what came before was not missed."""
        sealed = select(func.min(ledger_signals.c.made_at))
        noted = select(func.min(ledger_events.c.recorded_at))
        noted = noted.where(ledger_events.c.ledger == SIGNALS)
        with reading(self._engine) as connection:
            firsts = [connection.execute(query).scalar() for query in (sealed, noted)]
        return min((first for first in firsts if first is not None), default=None)


def _sealed_since(
    instant: int, targets: Sequence[ForecastTarget] | None
) -> list[ColumnElement[bool]]:
    """Return what signals meet that were sealed since an instant (ms), of any target if None."""
    rows = ledger_signals.c
    # A signal's last candle opens after it was made: the index on it bounds what is read.
    since = [rows.made_at >= instant, rows.opening >= (instant - GRACE_MS) // 1_000]
    if targets is not None:
        since.append(or_(false(), *(is_target(ledger_signals, one) for one in targets)))
    return since


def _event(row: SealedSignal, came: SignalOutcome, now: int) -> dict[str, Any]:
    return msgspec.structs.asdict(row.target) | {
        "seq": row.seq,
        "opening": row.opening,
        "recorded_at": now,
        "kind": OUTCOME,
        "last_opening": row.opening,
        "count": 1,
        "realised": came.pnl_percent,
        "reason": came.exit,
        "label": came.label,
        "closed_at": came.closed_at,
    }


def _held(connection: Connection, openings: Iterable[int]) -> set[Key]:
    """Return the signals that are sealed of last candles that open then (s)."""
    columns = [ledger_signals.c[name] for name in (*ForecastTarget.__struct_fields__, "opening")]
    found: set[Key] = set()
    for part in in_parts(openings):
        rows = connection.execute(select(*columns).where(ledger_signals.c.opening.in_(part)))
        found |= {(ForecastTarget(*target), opening) for *target, opening in rows}
    return found


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    came = and_(
        ledger_events.c.ledger == ledger_signals.c.ledger,
        ledger_events.c.seq == ledger_signals.c.seq,
        ledger_events.c.kind == OUTCOME,
    )
    columns = [
        ledger_signals.c[name] for name in SealedSignal.__struct_fields__ if name not in _ELSEWHERE
    ]
    outcome = (
        ledger_events.c.realised.label("pnl_percent"),
        ledger_events.c.reason.label("exit"),
        ledger_events.c["label"].label("label"),
        ledger_events.c.closed_at,
    )
    joined = ledger_signals.outerjoin(ledger_events, came)
    return select(*columns, *outcome).select_from(joined).where(condition)


# Fields of a row that its table does not keep: what came of it, and its series' grid.
_ELSEWHERE = ("pnl_percent", "exit", "label", "closed_at", "grid")
# Asked at each close for every slot: made once, because making it takes longer than asking.
_FOUND = _rows(
    and_(
        *(
            ledger_signals.c[field] == bindparam(field)
            for field in (*ForecastTarget.__struct_fields__, "opening")
        )
    )
)


def _sealed(row: Row[Any]) -> SealedSignal:
    return SealedSignal(**row._mapping)
