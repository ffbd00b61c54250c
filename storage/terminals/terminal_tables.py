"""The SQL tables of feeding terminals: their brokers' clocks and names of markets."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from storage.tables import metadata

broker_clocks = Table(
    "broker_clocks",
    metadata,
    Column("platform", String(64), primary_key=True),
    Column("zone", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("learnt_at", BigInteger, nullable=False),
    Column("earlier", JSON(none_as_null=True)),  # zones that it had, with the instants (s) until
)

# One name of the broker's a market: two feeds of one would be mixed.
symbol_aliases = Table(
    "symbol_aliases",
    metadata,
    Column("platform", String(64), nullable=False),
    Column("broker_name", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    PrimaryKeyConstraint("platform", "broker_name"),
    UniqueConstraint("platform", "symbol"),
)
