"""Signals in SQL: each is kept once, as it was given, and gets its outcome once."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.series import Series
from storage.database import reading, writing
from storage.models.signal_tables import signals

PENDING = "pending"
_ORIGIN = ("platform", "symbol", "resolution", "horizon", "opening", "run_id", "type")


class SignalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One signal, from the candle that opened at `opening` (s), by the training `run_id`.

    Other instants are epoch ms. A hold has neither exit prices nor a `result`;
    any other signal is `pending` until its outcome is known. `costs_bps` is what a
    round trip costs, `spread_bps` the part of it that lies between candles of bids and
    the ask (0 where candles are of trades); both None in signals of earlier versions.
    """

    id: str
    platform: str
    symbol: str
    resolution: int
    horizon: int
    opening: int
    run_id: str
    made_at: int
    type: str
    confidence: float
    strength: str
    quality: str
    probability_hold: float
    probability_buy: float
    probability_sell: float
    current_price: float
    take_profit: float | None
    stop_loss: float | None
    expected_percent: float
    expires_at: int
    reason: str
    model_hash: str
    data_hash: str
    result: str | None
    exit: str | None = None
    pnl_percent: float | None = None
    gross_percent: float | None = None
    closed_at: int | None = None
    gaps: bool | None = None
    costs_bps: float | None = None
    spread_bps: float | None = None

    @property
    def series(self) -> Series:
        """Return the series that it is about."""
        return Series(self.platform, self.symbol, self.resolution)


class SignalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals: all that is not None must hold; `start..end` are of `made_at` (ms)."""

    symbol: str
    platform: str | None = None
    horizon: int | None = None
    type: str | None = None
    start: int | None = None
    end: int | None = None


class SignalStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, record: SignalRecord) -> SignalRecord:
        """Keep a signal; returns the same that was given before from that candle, if any."""
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(signals).values(msgspec.structs.asdict(record)))
        except IntegrityError:
            found = self._same_origin(record)
            if found is None:
                raise
            return found
        return record

    def given(self, records: Sequence[SignalRecord]) -> list[SignalRecord]:
        """Return for each signal the same that was given before from that candle, or itself."""
        if not records:
            return []
        with reading(self._engine) as connection:
            held = _given(connection, records)
        return [held.get(_origin(record), record) for record in records]

    def enter(self, connection: Connection, records: Sequence[SignalRecord]) -> None:
        """Keep signals in a transaction of the caller's, but for those that are kept.

        Raises `Conflict` where somebody gave another one just now.
        """
        held = _given(connection, records)
        fresh = [one for one in records if _origin(one) not in held]
        if any(held[_origin(one)].id != one.id for one in records if one not in fresh):
            raise Conflict("A signal was given meanwhile.")
        if fresh:
            connection.execute(insert(signals), list(map(msgspec.structs.asdict, fresh)))

    def get(self, signal_id: str) -> SignalRecord:
        """Return a signal by its id; raises `NotFound`."""
        with reading(self._engine) as connection:
            mine = select(signals).where(signals.c.id == signal_id)
            row = connection.execute(mine).one_or_none()
        if row is None:
            raise NotFound("There is no signal of this id.")
        return _record(row)

    def page(self, wanted: SignalFilter, limit: int, offset: int) -> tuple[list[SignalRecord], int]:
        """Return signals, newest first, and how many there are in all."""
        condition = and_(*_conditions(wanted))
        newest = select(signals).where(condition)
        newest = newest.order_by(signals.c.made_at.desc(), signals.c.id.desc())
        count = select(func.count()).select_from(signals).where(condition)
        with reading(self._engine) as connection:
            rows = connection.execute(newest.limit(limit).offset(offset))
            return [_record(row) for row in rows], connection.execute(count).scalar_one()

    def pending(self, limit: int = 1_000) -> list[SignalRecord]:
        """Return signals without an outcome, the oldest first."""
        waiting = select(signals).where(signals.c.result == PENDING)
        with reading(self._engine) as connection:
            rows = connection.execute(waiting.order_by(signals.c.expires_at).limit(limit))
            return [_record(row) for row in rows]

    def close(self, signal_id: str, outcome: dict[str, Any]) -> bool:
        """Enter an outcome (`result, exit, pnl_percent, gross_percent, closed_at, gaps`).

        Returns False if it has one: an outcome never changes.
        """
        mine = and_(signals.c.id == signal_id, signals.c.result == PENDING)
        with writing(self._engine) as connection:
            done = connection.execute(update(signals).where(mine).values(outcome))
            return bool(done.rowcount)

    def since(self, series: Series, horizon: int, start: int) -> list[SignalRecord]:
        """Return what was given from `start` (ms) on, newest first."""
        chosen = and_(
            *(getattr(signals.c, n) == getattr(series, n) for n in Series.__struct_fields__),
            signals.c.horizon == horizon,
            signals.c.made_at >= start,
        )
        newest = select(signals).where(chosen).order_by(signals.c.made_at.desc())
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(newest)]

    def _same_origin(self, record: SignalRecord) -> SignalRecord | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(signals).where(_of_origin(record))).one_or_none()
        return None if row is None else _record(row)


def _given(
    connection: Connection, records: Sequence[SignalRecord]
) -> dict[tuple[object, ...], SignalRecord]:
    """Return what was given before of the candles of some signals, by what it was made from."""
    # The index on what signals are made from begins with these; few rows are found beside them.
    first = _ORIGIN[: _ORIGIN.index("opening") + 1]
    here = [signals.c[name].in_({getattr(one, name) for one in records}) for name in first]
    rows = connection.execute(select(signals).where(*here))
    return {_origin(found): found for found in map(_record, rows)}


def _of_origin(record: SignalRecord) -> ColumnElement[bool]:
    return and_(*(signals.c[name] == getattr(record, name) for name in _ORIGIN))


def _origin(record: SignalRecord) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in _ORIGIN)


def _conditions(wanted: SignalFilter) -> list[Any]:
    names = ("symbol", "platform", "horizon", "type")
    given = [(name, getattr(wanted, name)) for name in names]
    conditions = [signals.c[name] == value for name, value in given if value is not None]
    if wanted.start is not None:
        conditions.append(signals.c.made_at >= wanted.start)
    if wanted.end is not None:
        conditions.append(signals.c.made_at <= wanted.end)
    return conditions


def _record(row: Row[Any]) -> SignalRecord:
    return SignalRecord(**row._mapping)
