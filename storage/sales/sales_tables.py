"""The SQL tables of sales. Instants are epoch milliseconds UTC."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from storage.tables import metadata

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("provider", String(16), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("name", String(128), nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("body", Text),  # None once it is too old: then the digest alone is kept
    Column("digest", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("account_id", Integer),
    PrimaryKeyConstraint("provider", "event_id"),
    Index("ix_webhook_events_state", "state", "received_at"),
)

contracts = Table(
    "contracts",
    metadata,
    Column("provider", String(16), nullable=False),
    Column("id", String(128), nullable=False),
    Column("account_id", Integer),  # None until somebody says whose it is
    Column("kept", JSON, nullable=False),  # core.payments.entitled.Contract
    PrimaryKeyConstraint("provider", "id"),
    Index("ix_contracts_account_id", "account_id"),
)

invoices = Table(
    "invoices",
    metadata,
    Column("provider", String(16), nullable=False),
    Column("id", String(128), nullable=False),
    Column("account_id", Integer),
    Column("rank", Integer, nullable=False),
    Column("contract_id", String(128)),
    Column("kept", JSON, nullable=False),  # core.payments.entitled.Invoice
    PrimaryKeyConstraint("provider", "id"),
    Index("ix_invoices_account_id", "account_id"),
)

admin_audit = Table(
    "admin_audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(256), nullable=False),
    Column("secret", String(8), nullable=False),  # current, old, key (an owner's) or wrong
    Column("status", Integer),  # None: the answer was never made
    Column("request_id", String(64), nullable=False),
)
