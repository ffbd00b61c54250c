"""The SQL table of what readers of signals are told, in the order in which it happened."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from storage.tables import metadata

# SQLite numbers rows by itself in a column of this type only.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

signal_events = Table(
    "signal_events",
    metadata,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # signal, amd_change, expired
    Column("at", BigInteger, nullable=False),
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("horizon", Integer),  # of signals and their ends, as are the next two
    Column("model", String(64)),
    Column("signal_seq", BigInteger),  # the row of the ledger's chain of signals
    Column("open_until", BigInteger),  # of a signal that has not expired
    Column("data", Text, nullable=False),  # what happened, as JSON
    UniqueConstraint("kind", "signal_seq", name="uq_signal_events_row"),
    Index("ix_signal_events_open", "open_until"),
    Index("ix_signal_events_series", "platform", "symbol", "resolution", "kind", "seq"),
    # A number is given once, also where the rows after it were forgotten.
    sqlite_autoincrement=True,
)
