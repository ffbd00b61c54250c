"""Run the migrations on the connection that `storage.database.migrate` holds."""

from alembic import context

from storage.accounts import (
    account_tables,  # noqa: F401 - its tables join the metadata
    key_changes,  # noqa: F401 - likewise
)
from storage.agent import conversation_tables  # noqa: F401 - likewise
from storage.executions import execution_tables  # noqa: F401 - likewise
from storage.ledger import (
    ledger_tables,  # noqa: F401 - likewise
    signal_slots,  # noqa: F401 - likewise
)
from storage.mail import mail_tables  # noqa: F401 - likewise
from storage.markets import market_tables  # noqa: F401 - likewise
from storage.models import (
    run_tables,  # noqa: F401 - likewise
    signal_tables,  # noqa: F401 - likewise
)
from storage.record import copy_tables  # noqa: F401 - likewise
from storage.sales import sales_tables  # noqa: F401 - likewise
from storage.signals import signal_event_tables  # noqa: F401 - likewise
from storage.tables import metadata
from storage.terminals import terminal_tables  # noqa: F401 - likewise
from storage.trading import trading_tables  # noqa: F401 - likewise
from storage.uptime import uptime_tables  # noqa: F401 - likewise
from storage.venues import venue_tables  # noqa: F401 - likewise

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most things in place; alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
