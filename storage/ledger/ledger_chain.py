"""Rows of the ledger put at the ends of its chains."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text

from core.errors import NotFound
from core.ledger import (
    ADDED,
    CLOCKED,
    DECISIONS,
    EVENTS,
    EXECUTIONS,
    FORECASTS,
    ORDERS,
    SIGNALS,
    genesis,
    row_hash,
    rows_chain,
)
from storage.ledger.ledger_heads import Head, Turn
from storage.ledger.ledger_tables import (
    decision_events,
    execution_reports,
    ledger,
    ledger_events,
    ledger_pending,
    ledger_signals,
    ledgers,
    order_events,
)

# Any constant will do: what lets one process at a time append on PostgreSQL.
_APPEND_LOCK = 7_201_956
REPLAY, WALKED = "replay", "walk"

TABLES: Mapping[str, Table] = {
    FORECASTS: ledger,
    SIGNALS: ledger_signals,
    EXECUTIONS: execution_reports,
    ORDERS: order_events,
    DECISIONS: decision_events,
    EVENTS: ledger_events,
}
NUMBERS: Mapping[str, str] = {
    FORECASTS: "seq",
    SIGNALS: "seq",
    EXECUTIONS: "number",
    ORDERS: "number",
    DECISIONS: "number",
    EVENTS: "number",
}
# Rows that wait for an outcome.
_WAITING = (FORECASTS, SIGNALS)

Row = dict[str, Any]

_PENDING = tuple(column.name for column in ledger_pending.c)


def lock(connection: Connection) -> None:
    """Let nobody else append until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_APPEND_LOCK})"))


def is_live(connection: Connection, name: str) -> bool:
    """Say whether the clock stamps a ledger; raises `NotFound` for one that does not exist."""
    if name in CLOCKED:
        return True
    if connection.execute(select(ledgers.c.kind).where(ledgers.c.name == name)).scalar() is None:
        raise NotFound("There is no ledger of this name.")
    return False


def register(connection: Connection, values: Mapping[str, Any]) -> None:
    """Insert the row that names a ledger of forecasts of the past."""
    connection.execute(insert(ledgers).values(values))


def read_head(connection: Connection, chain: str, name: str) -> Head:
    """Return where a chain ends."""
    table = TABLES[chain]
    number = table.c[NUMBERS[chain]]
    newest = select(number, table.c.hash).where(table.c.ledger == name)
    last = connection.execute(newest.order_by(number.desc()).limit(1)).one_or_none()
    return Head(*last) if last else Head(0, genesis(chain, name in CLOCKED))


def extend(
    connection: Connection,
    turn: Turn,
    name: str,
    made: Sequence[Mapping[str, Any]] = (),
    events: Sequence[Mapping[str, Any]] = (),
) -> list[Row]:
    """Insert rows where the chains of a ledger end; returns what was `made` as inserted.

    The new heads are written outside SQL first (`Turn.prepare`).
    """
    if not made and not events:
        return []
    chain = rows_chain(name)
    head, rows = _link(chain, name, read_head(connection, chain, name), made)
    end, happened = _link(EVENTS, name, read_head(connection, EVENTS, name), events)
    turn.prepare(name, head, end)
    waits = rows if chain in _WAITING else []
    waiting = [{column: row[column] for column in _PENDING} for row in waits]
    parts = ((TABLES[chain], rows), (ledger_pending, waiting), (ledger_events, happened))
    for table, inserted in parts:
        if inserted:
            connection.execute(insert(table), inserted)
    return rows


def _link(
    chain: str, name: str, head: Head, rows: Sequence[Mapping[str, Any]]
) -> tuple[Head, list[Row]]:
    """Number rows after `head` and give each the hash of the one before and its own."""
    linked = []
    for row in rows:
        added = dict.fromkeys(ADDED[chain])
        numbered = {**added, **row, "ledger": name, NUMBERS[chain]: head.count + 1}
        digest = row_hash(chain, head.hash, numbered)
        linked.append(numbered | {"prev_hash": head.hash, "hash": digest})
        head = Head(head.count + 1, digest)
    return head, linked
