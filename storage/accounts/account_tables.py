"""The SQL tables of accounts. Nothing is ever deleted, so that a number names one for good."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("user_name", String(128), nullable=False),
    Column("email", String(254), unique=True),  # in lower case
    Column("locale", String(8), nullable=False),
    Column("symbols_allowed", JSON(none_as_null=True)),
    Column("tfs_allowed", JSON(none_as_null=True)),  # lengths of candles in seconds
    Column("rate_limit_per_min", Integer, nullable=False),
    Column("notes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
)

entitlements = Table(
    "entitlements",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("account_id", Integer, nullable=False),
    Column("source", String(16), nullable=False),  # who said so: admin, or who sells
    Column("source_ref", String(128), nullable=False),  # what it is called there
    Column("plan_tier", String(16), nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger),
    Column("state", String(16), nullable=False),
    Column("provider_time", BigInteger),
    UniqueConstraint("source", "source_ref"),
    Index("ix_entitlements_account_id", "account_id"),
)
