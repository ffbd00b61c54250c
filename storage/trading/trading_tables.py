"""The SQL tables of trading, instants in epoch ms; what happened stands in the chain `orders`.

All but commands, switches and the lease follow from that chain.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables import metadata

_ACCOUNT = "account_id"  # 0 is the owner's
_WAITS = text("handled_at IS NULL")

trading_commands = Table(
    "trading_commands",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column(_ACCOUNT, BigInteger, nullable=False),
    Column("client_order_id", String(64), nullable=False),
    Column("idempotent", Boolean, nullable=False),  # whether its caller chose the id
    Column("digest", String(64), nullable=False),  # of what is asked, to know repetitions
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("handled_at", BigInteger),
    Column("result", JSON(none_as_null=True)),
    UniqueConstraint(_ACCOUNT, "client_order_id", name="uq_trading_commands_client"),
    Index(
        "ix_trading_commands_waiting",
        "handled_at",
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    ),
)

trading_accounts = Table(
    "trading_accounts",
    metadata,
    Column(_ACCOUNT, BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # JSON of `core.trading.accounts.Account`
    Column("number", BigInteger, nullable=False),  # the row of the chain that it follows from
    Column("updated_at", BigInteger, nullable=False),
)

trading_orders = Table(
    "trading_orders",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # of its command
    Column(_ACCOUNT, BigInteger, nullable=False),
    Column("client_order_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("position_id", BigInteger),
    Column("body", JSON, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_trading_orders_account", _ACCOUNT, "id"),
)

trading_trades = Table(
    "trading_trades",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of its fill's row
    Column(_ACCOUNT, BigInteger, nullable=False),
    Column("position_id", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_trading_trades_closed", _ACCOUNT, "closed_at"),
)

trading_equity = Table(
    "trading_equity",
    metadata,
    Column(_ACCOUNT, BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),  # 1e-8 of the account's currency
    Column("equity", BigInteger, nullable=False),
    PrimaryKeyConstraint(_ACCOUNT, "at"),
)

# Who may trade: of one account, or (-1) of all.
trading_switches = Table(
    "trading_switches",
    metadata,
    Column("scope", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(256), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("echoed", BigInteger, nullable=False),  # the epoch that the trader has seen
    Column("flatten", Boolean, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", String(64), nullable=False),
)

trading_lease = Table(
    "trading_lease",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("token", String(32), nullable=False),
    Column("holder", String(128), nullable=False),
    Column("renewed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("bad_prices", BigInteger, nullable=False),
)

trading_cursors = Table(
    "trading_cursors",
    metadata,
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),  # the newest price that was looked at
    PrimaryKeyConstraint("platform", "symbol"),
)

trading_configs = Table(
    "trading_configs",
    metadata,
    Column(_ACCOUNT, BigInteger, primary_key=True, autoincrement=False),
    Column("config", JSON, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("decided_seq", BigInteger, nullable=False),  # the newest sealed signal looked at
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", String(128), nullable=False),
)

# Decisions as the chain `decisions` tells them.
trading_decisions = Table(
    "trading_decisions",
    metadata,
    Column(_ACCOUNT, BigInteger, nullable=False),
    Column("id", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", Text, nullable=False),  # JSON of `core.trading.decisions.Decision`
    PrimaryKeyConstraint(_ACCOUNT, "id"),
    Index("ix_trading_decisions_newest", _ACCOUNT, "number"),
)
