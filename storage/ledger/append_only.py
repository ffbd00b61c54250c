"""Triggers that keep the ledger append-only, on SQLite and on PostgreSQL.

They refuse every change, every removal, and every insertion that does not go on
where its chain ends; of the live ledgers also rows that claim another time
than the database's own clock shows. They stop mistakes and casual hands; what a
determined owner of the database does is seen by `storage.ledger.ledger_verify`.
"""
# ruff: noqa: S608 - statements are made of our own words only

from sqlalchemy import Connection, inspect, text

from core.ledger import CLOCKED, TARGET_FIELDS

# How far `made_at` may be from the database's clock (ms).
CLOCK_TOLERANCE_MS = 60_000

_NUMBERS = {
    "ledger": "seq",
    "ledger_signals": "seq",
    "ledger_events": "number",
    "execution_reports": "number",
    "order_events": "number",
    "decision_events": "number",
}
# Of tables whose rows the clock stamps: where.
_STAMPS = {
    "ledger": "made_at",
    "ledger_signals": "made_at",
    "execution_reports": "received_at",
    "order_events": "recorded_at",
    "decision_events": "recorded_at",
}
_TARGET = (*TARGET_FIELDS, "opening")
_SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_POSTGRES_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)"


def enforce(connection: Connection) -> None:
    """Create the triggers of those tables that exist; the triggers must not."""
    for table in _present(connection):
        statements = _postgresql(table) if _is_postgresql(connection) else _sqlite(table)
        for statement in statements:
            connection.execute(text(statement))


def lift(connection: Connection) -> None:
    """Drop the triggers: only for putting back a backup, within its transaction."""
    on = " ON {0}" if _is_postgresql(connection) else ""
    for table in _present(connection):
        for kind in ("change", "removal", "insertion", "truncation"):
            statement = f"DROP TRIGGER IF EXISTS {table}_{kind}{on.format(table)}"
            connection.execute(text(statement))


def _present(connection: Connection) -> list[str]:
    """Return the tables that there are: a database of an earlier version lacks some."""
    there = set(inspect(connection).get_table_names())
    return [table for table in _NUMBERS if table in there]


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _broken_rules(table: str, now: str) -> dict[str, str]:
    """Return, for each message, the condition on the row NEW under which it is raised."""
    number = _NUMBERS[table]
    last = f"SELECT {number} FROM {table} WHERE ledger = NEW.ledger ORDER BY {number} DESC LIMIT 1"
    before = (
        f"SELECT 1 FROM {table} WHERE ledger = NEW.ledger AND {number} = NEW.{number} - 1 "
        "AND hash = NEW.prev_hash"
    )
    rules = {
        "goes on where it ends": f"NEW.{number} <> COALESCE(({last}), 0) + 1",
        "goes on from its last hash": f"NEW.{number} > 1 AND NOT EXISTS ({before})",
    }
    # On SQLite, INSERT OR REPLACE removes conflicting rows without asking the other triggers.
    if stamp := _STAMPS.get(table):
        clocked = ", ".join(f"'{name}'" for name in CLOCKED)
        rules["takes the time from the clock"] = (
            f"NEW.ledger IN ({clocked}) AND abs(NEW.{stamp} - {now}) > {CLOCK_TOLERANCE_MS}"
        )
    if table in ("ledger", "ledger_signals"):
        same = " AND ".join(f"{name} = NEW.{name}" for name in ("ledger", *_TARGET))
        rules["holds one forecast a target"] = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
    elif table == "ledger_events":
        same = "ledger = NEW.ledger AND seq = NEW.seq"
        rules["holds one outcome a forecast"] = (
            f"NEW.seq IS NOT NULL AND EXISTS (SELECT 1 FROM {table} WHERE {same})"
        )
    return rules


def _sqlite(table: str) -> list[str]:
    def trigger(kind: str, event: str, body: str) -> str:
        return f"CREATE TRIGGER {table}_{kind} BEFORE {event} ON {table} BEGIN {body}; END"

    refuse = "SELECT RAISE(ABORT, 'the ledger is append-only')"
    checks = "; ".join(
        f"SELECT RAISE(ABORT, 'the ledger {rule}') WHERE {broken}"
        for rule, broken in _broken_rules(table, _SQLITE_NOW).items()
    )
    return [
        trigger("change", "UPDATE", refuse),
        trigger("removal", "DELETE", refuse),
        trigger("insertion", "INSERT", checks),
    ]


def _postgresql(table: str) -> list[str]:
    checks = " ".join(
        f"IF {broken} THEN RAISE EXCEPTION 'the ledger {rule}' USING ERRCODE = '23000'; END IF;"
        for rule, broken in _broken_rules(table, _POSTGRES_NOW).items()
    )
    refuse = "RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = '23000'; RETURN NULL"
    return [
        _function("ledger_refuse", refuse),
        _function(f"{table}_check", f"{checks} RETURN NEW"),
        _trigger(table, "change", "UPDATE", "ROW EXECUTE FUNCTION ledger_refuse()"),
        _trigger(table, "removal", "DELETE", "ROW EXECUTE FUNCTION ledger_refuse()"),
        _trigger(table, "truncation", "TRUNCATE", "STATEMENT EXECUTE FUNCTION ledger_refuse()"),
        _trigger(table, "insertion", "INSERT", f"ROW EXECUTE FUNCTION {table}_check()"),
    ]


def _function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body}; END $$"
    )


def _trigger(table: str, kind: str, event: str, action: str) -> str:
    return f"CREATE TRIGGER {table}_{kind} BEFORE {event} ON {table} FOR EACH {action}"
