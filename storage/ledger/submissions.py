"""Forecasts of outside forecasters, entered beside ours and by the same rules of time.

One that is sent again is known again; what stands in the ledger is never
replaced by another value; late ones are noted as missed.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, Engine, select

from core.clock.times import now_ms
from core.errors import Conflict
from core.forecast_target import ForecastTarget
from core.ledger import LIVE, WALK
from storage.ledger.ledger_chain import WALKED, Row, extend, register
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_reads import in_parts, is_target
from storage.ledger.ledger_rows import MISSED, Forecast, Said, missed_late
from storage.ledger.ledger_store import appending
from storage.ledger.ledger_tables import ledger, ledger_events, ledgers

Key = tuple[ForecastTarget, int]

# What a forecaster says: a forecast that is sent again must say the same.
_SAID = Said.__struct_fields__


class State(StrEnum):
    """What became of a forecast that was handed in."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  # it stands in the ledger already
    LATE = "late"
    CONFLICT = "conflict"  # another one of the same target stands there


class Entry(msgspec.Struct, frozen=True):
    """What became of one forecast; `seq` is that of the row which holds it or its rival."""

    state: State
    seq: int | None = None


class Submissions:
    """Takes forecasts from outside; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    def submit(self, forecasts: Sequence[Forecast], arrived: int) -> list[Entry]:
        """Enter forecasts that arrived at an instant (epoch ms) into the live ledger.

        Returns what became of each, in order.
        """
        return self._enter(LIVE, forecasts, arrived)

    def submit_walked(self, name: str, forecasts: Sequence[Forecast]) -> list[Entry]:
        """Enter forecasts of the past into a ledger `walk.NAME`, which is made if it is new.

        Each is stamped with the opening of its first target; none is late. Raises
        `Conflict` for a ledger of another kind.
        """
        if not name.startswith(WALK):
            raise Conflict(f"Forecasts of the past go into ledgers named {WALK}NAME.")
        return self._enter(name, forecasts, None)

    def _ensure(self, connection: Connection, name: str) -> None:
        held = connection.execute(select(ledgers.c.name).where(ledgers.c.name == name))
        if held.first() is None:
            values = {"name": name, "kind": WALKED, "created_at": self._clock(), "request": {}}
            register(connection, values)

    def _enter(self, name: str, forecasts: Sequence[Forecast], arrived: int | None) -> list[Entry]:
        with appending(self._engine, self._heads) as (connection, turn):
            if arrived is None:
                self._ensure(connection, name)
            held = _held(connection, name, forecasts)
            states = [_sort(one, held, arrived) for one in forecasts]
            found = list(zip(forecasts, states, strict=True))
            accepted = [one for one, state in found if state is State.ACCEPTED]
            late = [one for one, state in found if state is State.LATE]
            rows = extend(
                connection,
                turn,
                name,
                [one.values(arrived or one.first_opening * 1_000) for one in accepted],
                [missed_late(one).values(self._clock()) for one in _not_noted(connection, late)],
            )
        numbers = {key: row.get("seq") for key, row in held.items()}
        numbers |= {one.key: row["seq"] for one, row in zip(accepted, rows, strict=True)}
        return [Entry(state, numbers.get(one.key)) for one, state in found]


def _sort(forecast: Forecast, held: dict[Key, Row], arrived: int | None) -> State:
    """Say what becomes of a forecast beside those of `held`, which takes up what is accepted."""
    row = held.get(forecast.key)
    if row is not None:
        same = all(getattr(forecast, name) == row[name] for name in _SAID)
        return State.REPEATED if same else State.CONFLICT
    if arrived is not None and arrived > forecast.deadline:
        return State.LATE
    held[forecast.key] = forecast.values(0)
    return State.ACCEPTED


def _held(connection: Connection, name: str, forecasts: Sequence[Forecast]) -> dict[Key, Row]:
    """Return the rows of the ledger about the same targets and openings."""
    found: dict[Key, Row] = {}
    columns = [ledger.c[column] for column in ("seq", "opening", *_SAID)]
    for target, openings in _openings(forecasts).items():
        here = ledger.c.ledger == name, is_target(ledger, target)
        for part in in_parts(openings):
            some = ledger.c.opening.in_(part)
            for row in connection.execute(select(*columns).where(*here, some)):
                found[target, row.opening] = dict(row._mapping)
    return found


def _not_noted(connection: Connection, late: Sequence[Forecast]) -> list[Forecast]:
    """Return those that are not among the missed ones yet, each once."""
    noted: set[Key] = set()
    for target, openings in _openings(late).items():
        here = ledger_events.c.ledger == LIVE, ledger_events.c.kind == MISSED
        between = ledger_events.c.opening.between(min(openings), max(openings))
        known = select(ledger_events.c.opening).where(*here, is_target(ledger_events, target))
        noted |= {(target, at) for at in connection.execute(known.where(between)).scalars()}
    return list({one.key: one for one in late if one.key not in noted}.values())


def _openings(forecasts: Sequence[Forecast]) -> dict[ForecastTarget, list[int]]:
    found: dict[ForecastTarget, list[int]] = {}
    for one in forecasts:
        found.setdefault(one.target, []).append(one.opening)
    return found
