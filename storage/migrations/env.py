"""Run the migrations on the connection that `storage.database.migrate` holds."""

from alembic import context

from storage import (  # noqa: F401 - their tables join the metadata
    ledger_tables,
    next_candle_tables,
    registry_tables,
    signal_tables,
)
from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most things in place; alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
