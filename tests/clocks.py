"""The instants at which tests that deal with time are run, and a database clock that follows.

A test marked `clock` sees the clock set to `USUAL`, so that neither the hour nor the day
of a run decides what it finds; `make test-clocks` runs it at `TURNS`, and with `INSTANTS=all`
at all of `INSTANTS`. It must do
all its work in its own process: worker processes and Redis keep the machine's clock.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import time_machine
from sqlalchemy import Engine, event

from core.clock.times import parse_time

USUAL = "2026-03-11T10:17:20Z"  # a Wednesday
INSTANTS = (
    # Hours of an ordinary week, the turn of the day and of the epoch's own week among them.
    USUAL,
    "2026-03-11T00:00:00Z",
    "2026-03-11T03:04:59Z",
    "2026-03-11T06:30:00Z",
    "2026-03-11T13:29:59Z",
    "2026-03-11T16:00:01Z",
    "2026-03-11T19:45:10Z",
    "2026-03-11T23:59:57Z",
    "2026-03-12T00:00:02Z",
    "2026-11-26T21:42:00Z",
    "2026-03-13T21:58:30Z",
    # The weekend.
    "2026-03-14T04:20:00Z",
    "2026-03-14T23:59:58Z",
    "2026-03-15T12:00:00Z",
    "2026-03-15T22:01:00Z",
    # Ends of months, of a leap year's February, and of a year.
    "2026-04-30T23:57:00Z",
    "2028-02-28T23:59:30Z",
    "2028-02-29T11:11:11Z",
    "2026-12-31T23:59:59Z",
    "2027-01-01T00:00:01Z",
    # Both changes of the clock, in New York and in Berlin.
    "2026-03-08T06:59:30Z",
    "2026-11-01T05:59:30Z",
    "2026-03-29T00:59:30Z",
    "2026-10-25T00:59:30Z",
)
# One of each kind of turn: a Sunday's opening, the ends of a month and of a year, a leap day, and
# both changes of the clock.
TURNS = (
    "2026-03-15T22:01:00Z",
    "2026-04-30T23:57:00Z",
    "2026-12-31T23:59:59Z",
    "2028-02-29T11:11:11Z",
    "2026-03-08T06:59:30Z",
    "2026-10-25T00:59:30Z",
)
SETS_OF_INSTANTS = {"usual": (USUAL,), "turns": TURNS, "all": INSTANTS}
_EPOCH_JULIAN_DAY = 2_440_587.5
_SECONDS_A_DAY = 86_400


_began = time.time()


@contextmanager
def clock_at(instant: str | None) -> Iterator[None]:
    """Set the clock to an instant (ISO 8601), from which it goes on; None leaves it."""
    global _began
    travel = time_machine.travel(parse_time(instant, "instant") / 1_000) if instant else None
    with travel or nullcontext():
        _began = time.time()
        yield


def began() -> int:
    """Return when the present test began (s): the same for all of it, whatever turn it crosses."""
    return int(_began)


@event.listens_for(Engine, "connect")
def _follow(connection: Any, record: object) -> None:
    """Let SQLite, by whose clock the ledger goes, read the clock that Python reads."""
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("julianday", 1, _julian_day)


def _julian_day(when: str) -> float:
    if when != "now":
        raise ValueError("only the present is followed")
    return time.time() / _SECONDS_A_DAY + _EPOCH_JULIAN_DAY
