"""The SQL table of connections to accounts at venues."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from storage.tables import metadata

venue_connections = Table(
    "venue_connections",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("venue", String(32), nullable=False),
    Column("venue_account", String(64), nullable=False),  # as the venue calls it
    Column("connected", Boolean, nullable=False),  # of an account of ours one is
    Column("token", Text),  # encrypted by the key in the vault's file
    Column("key_id", String(16)),  # of that key
    Column("hint", String(4)),  # the token's last characters
    Column("login", String(64)),
    Column("real", Boolean, nullable=False),
    Column("investor", Boolean, nullable=False),
    Column("live_login", String(64)),  # the login that was typed again to open the gate
    Column("live_until", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "venue_account"),
)
