"""A number that is another after any change of a key, an account or a plan.

Triggers count, so that no way to write is forgotten, a hand's in SQL included: who knows that
the number is the same knows that what it read of a caller is true still.
"""

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, text

from storage.tables import metadata

key_changes = Table(
    "key_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row
    Column("number", BigInteger, nullable=False),
)

_WATCHED = ("access_keys", "accounts", "entitlements")
_EVENTS = ("INSERT", "UPDATE", "DELETE")
_COUNT = "UPDATE key_changes SET number = number + 1"


def count_changes(connection: Connection) -> None:
    """Create the triggers; the row that they change must be there."""
    postgresql = connection.dialect.name == "postgresql"
    for statement in _postgresql() if postgresql else _sqlite():
        connection.execute(text(statement))


def count_no_more(connection: Connection) -> None:
    """Drop the triggers."""
    postgresql = connection.dialect.name == "postgresql"
    for table in _WATCHED:
        if postgresql:
            connection.execute(text(f"DROP TRIGGER {table}_counted ON {table}"))
            continue
        for event in _EVENTS:
            connection.execute(text(f"DROP TRIGGER {table}_counted_{event.lower()}"))


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_counted_{event.lower()} AFTER {event} ON {table} "
        f"BEGIN {_COUNT}; END"
        for table in _WATCHED
        for event in _EVENTS
    ]


def _postgresql() -> list[str]:
    function = (
        "CREATE OR REPLACE FUNCTION count_key_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_COUNT}; RETURN NULL; END $$"
    )
    return [
        function,
        *(
            f"CREATE TRIGGER {table}_counted AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION count_key_change()"
            for table in _WATCHED
        ),
    ]
