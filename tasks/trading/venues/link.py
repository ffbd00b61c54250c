"""An account at a venue as the trader works with it: one call at a time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from core.venues.trades import TradingVenue
from storage.venues.connections import Connection
from storage.venues.questions import WaitingQuestion
from tasks.trading.venues.known import Known


@dataclass
class Link:
    """`wanted` are symbols whose price somebody waits for; instants are epoch ms.

    `read_due` is when the account is read next, `read_at` when all of it was last read,
    `read_from` when an earlier trader did. `connects` is the question that it is connected for.
    """

    connection: Connection
    venue: TradingVenue
    known: Known
    busy: bool = False
    retired: bool = False
    read_due: int = 0
    read_at: int | None = None
    read_from: int = 0
    connects: WaitingQuestion | None = None
    wanted: set[str] = field(default_factory=set)
    questions: deque[WaitingQuestion] = field(default_factory=deque)
    readers: list[int] = field(default_factory=list)
    reading_for: list[int] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Return the number of its account of trading."""
        return self.connection.number

    def retire(self) -> None:
        """Close the connections, now or when the call that is under way has ended."""
        self.retired = True
        if not self.busy:
            self.venue.close()

    def call(self, job: Callable[[], object], done: Callable[["Link", object], None]) -> None:
        """Do a job, on the calling thread, and hand over what came of it."""
        result = job()
        if self.retired:
            self.venue.close()
        done(self, result)
