"""Records of outside forecasters over all their markets, as computed from the ledger's rows.

They follow from the ledger and may be computed anew at any time.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, delete, func, insert, select

from core.answers.forecasters import ForecasterRecord
from core.clock.times import now_ms
from core.ledger import EVENTS, FORECASTS
from storage.database import reading, writing
from storage.ledger.ledger_chain import read_head
from storage.ledger.ledger_heads import Head
from storage.ledger.ledger_tables import forecaster_records, ledger


class Span(NamedTuple):
    """How many forecasts were made, and when the first and the last (epoch ms)."""

    made: int
    first: int | None
    last: int | None


class ForecasterRecords:
    """The newest record of each forecaster; methods may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def put(self, name: str, model: str, record: ForecasterRecord) -> None:
        """Keep a record in the place of the one before."""
        here = forecaster_records.c.ledger == name, forecaster_records.c.model == model
        values = {"record": msgspec.to_builtins(record), "updated_at": self._clock()}
        with writing(self._engine) as connection:
            connection.execute(delete(forecaster_records).where(*here))
            named = {"ledger": name, "model": model}
            connection.execute(insert(forecaster_records).values(named | values))

    def get(self, name: str, model: str) -> tuple[ForecasterRecord, int] | None:
        """Return a record and when it was computed (epoch ms), None if there is none yet."""
        here = forecaster_records.c.ledger == name, forecaster_records.c.model == model
        with reading(self._engine) as connection:
            row = connection.execute(select(forecaster_records).where(*here)).one_or_none()
        return row and (msgspec.convert(row.record, ForecasterRecord), row.updated_at)

    def span(self, name: str, model: str) -> Span:
        """Return what a forecaster's rows span."""
        counts = select(func.count(), func.min(ledger.c.made_at), func.max(ledger.c.made_at))
        mine = counts.where(ledger.c.ledger == name, ledger.c.model == model)
        with reading(self._engine) as connection:
            return Span(*connection.execute(mine).one())

    def heads(self, name: str) -> tuple[Head, Head]:
        """Return where the chains of a ledger end: its forecasts', and its events'."""
        with reading(self._engine) as connection:
            forecasts, events = (read_head(connection, one, name) for one in (FORECASTS, EVENTS))
        return forecasts, events
