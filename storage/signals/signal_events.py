"""What readers of signals are told: signals as they are sealed, their ends, changes of phases.

Events are numbered in the order in which they became true for everybody: whoever has read up to
a number misses nothing by going on from it. A signal's event commits with its seal.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from core.answers.signals import PhaseName, Seal, SignalData
from core.clock.times import format_time, now_ms
from core.forecast_target import ForecastTarget
from core.series import Series
from storage.database import reading, writing
from storage.ledger.ledger_chain import lock
from storage.ledger.signal_rows import SealedSignal
from storage.signals.signal_event_tables import signal_events

SIGNAL, AMD_CHANGE, EXPIRED = "signal", "amd_change", "expired"
# So many expire in one transaction, so that nobody waits long for the right to write.
_AT_ONCE = 500
_FIRST = 0

Told = Mapping[str, tuple[SignalData, int]]


class PhaseChange(msgspec.Struct, frozen=True):
    """A market went from one phase to another with the candle that closed at `timestamp`."""

    old_phase: PhaseName
    new_phase: PhaseName
    timestamp: str


class Expiry(msgspec.Struct, frozen=True):
    """A signal may not be entered any more."""

    id: str
    rr_config: str
    valid_until: str


class SignalEvent(msgspec.Struct, frozen=True):
    """A row; `at` and `open_until` in epoch ms, `data` the JSON of what its kind says."""

    seq: int
    kind: str
    at: int
    platform: str
    symbol: str
    resolution: int
    horizon: int | None
    model: str | None
    signal_seq: int | None
    open_until: int | None
    data: str

    @property
    def series(self) -> Series:
        """Return the series that it is about."""
        return Series(self.platform, self.symbol, self.resolution)

    @property
    def target(self) -> ForecastTarget | None:
        """Return the target of a signal, None of what is about a market."""
        if self.horizon is None or self.model is None:
            return None
        return ForecastTarget(self.platform, self.symbol, self.resolution, self.horizon, self.model)


class SignalEvents:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def enter(self, connection: Connection, rows: Sequence[SealedSignal], told: Told) -> None:
        """Enter signals in the transaction that seals them.

        `told` says of each id of a signal what it says, and until when it may be entered (ms).
        """
        entered = [_sealed(row, *told[row.signal_id]) for row in rows if row.signal_id in told]
        if entered:
            connection.execute(insert(signal_events), entered)

    def expire(self) -> int:
        """Enter the ends of signals that may not be entered any more; returns how many."""
        c, now = signal_events.c, self._clock()
        due = select(signal_events).where(c.open_until <= now).order_by(c.open_until, c.seq)
        with reading(self._engine) as connection:
            if connection.execute(due.limit(1)).first() is None:
                return 0
        with writing(self._engine) as connection:
            lock(connection)
            rows = [_event(row) for row in connection.execute(due.limit(_AT_ONCE))]
            numbers = [row.seq for row in rows]
            connection.execute(insert(signal_events), [_expiry(row, now) for row in rows])
            ended = update(signal_events).where(c.seq.in_(numbers)).values(open_until=None)
            connection.execute(ended)
        return len(rows)

    def note_phase(self, series: Series, before: PhaseName, now: PhaseName, closed: int) -> bool:
        """Enter that a market is in another phase than was told last; says whether it is.

        `before` is the phase of the candle before, which counts where none was told yet;
        `closed` is when the candle closed (s).
        """
        with reading(self._engine) as connection:
            if (_phase_told(connection, series) or before) == now:
                return False
        with writing(self._engine) as connection:
            lock(connection)
            old = _phase_told(connection, series) or before
            if old == now:
                return False
            change = PhaseChange(old, now, format_time(closed * 1_000))
            values = msgspec.structs.asdict(series) | {
                "kind": AMD_CHANGE,
                "at": self._clock(),
                "data": _text(change),
            }
            connection.execute(insert(signal_events).values(values))
        return True

    def told(self, signal_seqs: Sequence[int]) -> dict[int, SignalEvent]:
        """Return the events of sealed signals by their rows of the chain; some are gone."""
        c = signal_events.c
        query = select(signal_events).where(c.kind == SIGNAL, c.signal_seq.in_(signal_seqs))
        with reading(self._engine) as connection:
            return {row.signal_seq: _event(row) for row in connection.execute(query)}

    def after(self, seq: int, limit: int) -> list[SignalEvent]:
        """Return the events after a number, in order."""
        c = signal_events.c
        query = select(signal_events).where(c.seq > seq).order_by(c.seq).limit(limit)
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(query)]

    def active(self) -> tuple[list[SignalEvent], int]:
        """Return the signals that may still be entered, and the number of the newest event."""
        c = signal_events.c
        query = select(signal_events).where(c.open_until > self._clock()).order_by(c.seq)
        with reading(self._engine) as connection:
            rows = [_event(row) for row in connection.execute(query)]
            return rows, _bound(connection, func.max(c.seq))

    def forgotten_until(self) -> int:
        """Return up to which number events are no longer kept."""
        with reading(self._engine) as connection:
            first = _bound(connection, func.min(signal_events.c.seq))
            return first - 1 if first else _FIRST

    def purge(self, before: int) -> int:
        """Forget events of before an instant (ms), but for the newest; returns how many.

        The newest stays, so that numbers never begin anew.
        """
        c = signal_events.c
        with writing(self._engine) as connection:
            newest = _bound(connection, func.max(c.seq))
            old = delete(signal_events).where(c.at < before, c.seq < newest)
            return connection.execute(old).rowcount


def _sealed(row: SealedSignal, data: SignalData, open_until: int) -> dict[str, Any]:
    seal = Seal(row.seq, format_time(row.made_at), row.type, row.hash)  # type: ignore[arg-type]
    return msgspec.structs.asdict(row.target) | {
        "kind": SIGNAL,
        "at": row.made_at,
        "signal_seq": row.seq,
        "open_until": open_until,
        "data": _text(msgspec.structs.replace(data, sealed=seal)),
    }


def _expiry(signal: SignalEvent, now: int) -> dict[str, Any]:
    said = msgspec.json.decode(signal.data, type=SignalData)
    until = said.valid_until or format_time(signal.open_until or now)
    values = msgspec.structs.asdict(signal)
    del values["seq"]
    return values | {
        "kind": EXPIRED,
        "at": now,
        "open_until": None,
        "data": _text(Expiry(said.id, said.rr_config, until)),
    }


def _phase_told(connection: Connection, series: Series) -> PhaseName | None:
    c = signal_events.c
    mine = [c[name] == value for name, value in msgspec.structs.asdict(series).items()]
    newest = select(c.data).where(*mine, c.kind == AMD_CHANGE).order_by(c.seq.desc()).limit(1)
    told = connection.execute(newest).scalar()
    return None if told is None else msgspec.json.decode(told, type=PhaseChange).new_phase


def _bound(connection: Connection, value: Any) -> int:
    return int(connection.execute(select(value)).scalar() or _FIRST)


def _text(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def _event(row: Row[Any]) -> SignalEvent:
    return SignalEvent(**row._mapping)
