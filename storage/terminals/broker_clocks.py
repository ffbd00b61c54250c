"""The clock of each broker's server, in SQL."""

import msgspec
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.brokers.clock import BrokerClock
from storage.database import reading, writing
from storage.terminals.terminal_tables import broker_clocks


class BrokerClockStore:
    """Clocks by platform. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, platform: str) -> BrokerClock | None:
        """Return a platform's clock, None where none was learnt."""
        return self.all().get(platform)

    def all(self) -> dict[str, BrokerClock]:
        """Return every clock by platform."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(broker_clocks).order_by(broker_clocks.c.platform))
            return {
                row.platform: BrokerClock(
                    row.zone,
                    row.source,
                    row.learnt_at // 1_000,
                    tuple((zone, until) for zone, until in row.earlier or ()),
                )
                for row in rows
            }

    def keep(self, platform: str, clock: BrokerClock) -> None:
        """Keep a platform's clock in the place of any other."""
        values = msgspec.structs.asdict(clock) | {"learnt_at": clock.learnt_at * 1_000}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(broker_clocks).values(platform=platform, **values))
        except IntegrityError:
            mine = broker_clocks.c.platform == platform
            with writing(self._engine) as connection:
                connection.execute(update(broker_clocks).where(mine).values(values))
