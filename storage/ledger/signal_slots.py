"""Which signals are offered: a target of signals, since when, and until when if it is retired.

Every candle of an offered slot gets its sealed signal, or a miss with its reason. Retired
slots stay, so that a record cannot be made better by dropping what did badly.
"""

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    PrimaryKeyConstraint,
    Table,
    insert,
    select,
    update,
)

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from storage.database import reading, writing
from storage.ledger.ledger_chain import lock
from storage.ledger.ledger_reads import is_target
from storage.ledger.ledger_tables import target_columns
from storage.tables import metadata

signal_slots = Table(
    "signal_slots",
    metadata,
    *target_columns(),
    Column("offered_since", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
    PrimaryKeyConstraint("platform", "symbol", "resolution", "horizon", "model", "offered_since"),
)
_FIELDS = ForecastTarget.__struct_fields__


class SignalSlot(msgspec.Struct, frozen=True):
    """A slot; instants are epoch ms. Where positions end is part of the model's name."""

    target: ForecastTarget
    offered_since: int
    retired_at: int | None = None


class SignalSlotStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def all(self) -> list[SignalSlot]:
        """Return every slot that was ever offered, by target, the newest offer of each last."""
        order = [signal_slots.c[field] for field in _FIELDS]
        query = select(signal_slots).order_by(*order, signal_slots.c.offered_since)
        with reading(self._engine) as connection:
            return [
                SignalSlot(ForecastTarget(*row[:5]), row.offered_since, row.retired_at)
                for row in connection.execute(query)
            ]

    def offered(self) -> list[SignalSlot]:
        """Return the slots that are offered now."""
        return [slot for slot in self.all() if slot.retired_at is None]

    def offer(self, targets: Iterable[ForecastTarget]) -> None:
        """Offer these targets from now on, and retire all others."""
        wanted = set(targets)
        if wanted == {slot.target for slot in self.offered()}:
            return
        now = self._clock()
        with writing(self._engine) as connection:
            lock(connection)  # workers that start together must not offer a slot twice
            active = select(*(signal_slots.c[field] for field in _FIELDS))
            active = active.where(signal_slots.c.retired_at.is_(None))
            held = {ForecastTarget(*row) for row in connection.execute(active)}
            for target in sorted(held - wanted):
                mine = is_target(signal_slots, target) & signal_slots.c.retired_at.is_(None)
                connection.execute(update(signal_slots).where(mine).values(retired_at=now))
            for target in sorted(wanted - held):
                row = msgspec.structs.asdict(target) | {"offered_since": now}
                connection.execute(insert(signal_slots).values(row))
