"""Run the migrations on the connection that `storage.database.migrate` holds."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most things in place; alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
