"""The SQL tables of what terminals did, instants in epoch ms; reports stand in the ledger."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from storage.tables import metadata

executions = Table(
    "executions",
    metadata,
    Column("exec_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),  # 0 is the owner's
    Column("terminal", String(160), nullable=False),  # server:login, or empty
    Column("ticket", BigInteger, nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("side", String(8), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("entry_price", Double, nullable=False),
    Column("pred_id", BigInteger),  # as reported
    Column("confidence", Double),
    Column("volume", Double),
    Column("requested_price", Double),
    Column("spread_points", Double),
    Column("magic", BigInteger),
    Column("parent_ticket", BigInteger),
    Column("currency", String(16)),
    Column("demo", Boolean),
    Column("mode", String(16)),
    Column("closed_at", BigInteger),
    Column("exit_price", Double),
    Column("pnl", Double),
    Column("result", String(16)),
    Column("reason_raw", String(64)),
    Column("closed_volume", Double),
    Column("commission", Double),
    Column("swap", Double),
    Column("sl", Double),
    Column("tp", Double),
    Column("ranks", JSON, nullable=False),  # of each field of its progress: how far its report was
    Column("signal_seq", BigInteger),  # the sealed signal that it belongs to
    Column("in_plan", Boolean, nullable=False),
    Column("clock_suspect", Boolean, nullable=False),
    Column("first_received_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("revisions", Integer, nullable=False),
    UniqueConstraint("account_id", "terminal", "ticket", name="uq_executions_ticket"),
    Index("ix_executions_closed", "account_id", "closed_at"),
    Index("ix_executions_signal", "signal_seq"),
)

# Which terminals were seen: one without a name is any caller of an account.
heartbeats = Table(
    "heartbeats",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("terminal", String(160), nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("said", JSON, nullable=False),  # what its last heartbeat said of itself
    PrimaryKeyConstraint("account_id", "terminal"),
)

skipped_signals = Table(
    "skipped_signals",
    metadata,
    Column("account_id", BigInteger, nullable=False),
    Column("terminal", String(160), nullable=False),
    Column("pred_id", BigInteger, nullable=False),
    Column("why", String(16), nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "terminal", "pred_id"),
)
