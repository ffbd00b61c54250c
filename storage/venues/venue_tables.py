"""The SQL tables of connections to accounts at venues, and of what is asked of these."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
    true,
)

from storage.tables import metadata

_WAITS = text("answered_at IS NULL")

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
    Column("trade_allowed", Boolean, nullable=False, server_default=true()),
    Column("number", BigInteger, nullable=False, server_default="0"),  # of its account of trading
    Column("snapshot", Text),  # JSON of `core.venues.account.VenueSnapshot`
    PrimaryKeyConstraint("account_id", "venue_account"),
)

# What the api asks of venues through the trader, which alone calls them.
venue_questions = Table(
    "venue_questions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON of `core.venues.questions.Question`
    Column("asked_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("answer", Text),  # JSON of `core.venues.questions.Answer`
    Index(
        "ix_venue_questions_waiting",
        "answered_at",
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    ),
)
