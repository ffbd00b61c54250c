"""Signals sealed in a chain of their own, each before its first candle has gone on for long.

The rules are those of the ledger's forecasts: stamped by the server's clock, one
row a target and candle, refused and counted when late, never changed. What became
of a position, and what was missed, stand in the ledger's events.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, func, select

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget, deadline_ms
from core.ledger import SIGNALS
from storage.database import reading
from storage.ledger.ledger_chain import extend
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_reads import is_target
from storage.ledger.ledger_rows import LATE, MISSED, OUTCOME, Missed
from storage.ledger.ledger_store import appending, unaccounted
from storage.ledger.ledger_tables import ledger_events, ledger_signals


class SealedSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the chain; openings in seconds, `made_at` in epoch ms.

    `opening` is that of the last candle of the horizon. `pnl_percent` and `exit`
    are None until the outcome of a position was recorded; a hold never has one.
    """

    seq: int
    made_at: int
    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    opening: int
    first_opening: int
    input_end: int
    type: str
    confidence: float
    probability_hold: float
    probability_buy: float
    probability_sell: float
    current_price: float
    take_profit: float | None
    stop_loss: float | None
    expected_percent: float
    costs_bps: float
    spread_bps: float
    reason: str
    signal_id: str
    model_hash: str
    data_hash: str
    prev_hash: str
    hash: str
    pnl_percent: float | None = None
    exit: str | None = None


class Sealed(msgspec.Struct, frozen=True):
    """What became of signals: entered, or refused as too late."""

    rows: list[SealedSignal]
    late: int


class Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    """A signal before it is sealed; see `SealedSignal`."""

    target: ForecastTarget
    opening: int
    first_opening: int
    input_end: int
    type: str
    confidence: float
    probability_hold: float
    probability_buy: float
    probability_sell: float
    current_price: float
    take_profit: float | None
    stop_loss: float | None
    expected_percent: float
    costs_bps: float
    spread_bps: float
    reason: str
    signal_id: str
    model_hash: str
    data_hash: str

    def values(self, made_at: int) -> dict[str, Any]:
        """Return its columns."""
        own = msgspec.structs.asdict(self)
        return msgspec.structs.asdict(own.pop("target")) | own | {"made_at": made_at}


class SealedSignals:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    def append(self, signals: Sequence[Unsealed], missed: Sequence[Missed] = ()) -> Sealed:
        """Seal signals, all stamped with this moment; those that are sealed already are left out.

        One that comes after its deadline is refused and noted as missed; `missed`
        are noted unless their targets are accounted for.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            fresh = [one for one in signals if not _holds(connection, one.target, one.opening)]
            now = self._clock()
            late = [
                one for one in fresh if now > deadline_ms(one.first_opening, one.target.resolution)
            ]
            refused = [Missed(one.target, one.opening, one.opening, 1, LATE) for one in late]
            noted = unaccounted(connection, [*missed, *refused], SIGNALS)
            made = [one.values(now) for one in fresh if one not in late]
            rows = extend(connection, turn, SIGNALS, made, [event.values(now) for event in noted])
            return Sealed([msgspec.convert(row, SealedSignal) for row in rows], len(late))

    def record_outcome(self, signal_id: str, pnl_percent: float, exit_: str) -> bool:
        """Note what a position earned and how it ended; False if it is not sealed or known."""
        with appending(self._engine, self._heads) as (connection, turn):
            mine = _rows(ledger_signals.c.signal_id == signal_id)
            found = connection.execute(mine).one_or_none()
            if found is None or found.pnl_percent is not None:
                return False
            fields = ForecastTarget.__struct_fields__
            event = {name: found._mapping[name] for name in (*fields, "seq", "opening")} | {
                "recorded_at": self._clock(),
                "kind": OUTCOME,
                "last_opening": found.opening,
                "count": 1,
                "realised": pnl_percent,
                "reason": exit_,
            }
            extend(connection, turn, SIGNALS, events=[event])
            return True

    def find(self, target: ForecastTarget, opening: int) -> SealedSignal | None:
        """Return the row of a target and the last candle of its horizon (opening, s)."""
        mine = and_(is_target(ledger_signals, target), ledger_signals.c.opening == opening)
        with reading(self._engine) as connection:
            row = connection.execute(_rows(mine)).one_or_none()
        return None if row is None else _sealed(row)

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

    def begun_at(self) -> int | None:
        """Return since when signals are sealed (epoch ms): what came before was not missed."""
        sealed = select(func.min(ledger_signals.c.made_at))
        noted = select(func.min(ledger_events.c.recorded_at))
        noted = noted.where(ledger_events.c.ledger == SIGNALS)
        with reading(self._engine) as connection:
            firsts = [connection.execute(query).scalar() for query in (sealed, noted)]
        return min((first for first in firsts if first is not None), default=None)


def _holds(connection: Connection, target: ForecastTarget, opening: int) -> bool:
    here = is_target(ledger_signals, target), ledger_signals.c.opening == opening
    return connection.execute(select(ledger_signals.c.seq).where(*here)).first() is not None


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    came = and_(
        ledger_events.c.ledger == ledger_signals.c.ledger,
        ledger_events.c.seq == ledger_signals.c.seq,
        ledger_events.c.kind == OUTCOME,
    )
    columns = [
        ledger_signals.c[name] for name in SealedSignal.__struct_fields__ if name not in _OUTCOMES
    ]
    outcome = ledger_events.c.realised.label("pnl_percent"), ledger_events.c.reason.label("exit")
    joined = ledger_signals.outerjoin(ledger_events, came)
    return select(*columns, *outcome).select_from(joined).where(condition)


_OUTCOMES = ("pnl_percent", "exit")


def _sealed(row: Row[Any]) -> SealedSignal:
    return SealedSignal(**row._mapping)
