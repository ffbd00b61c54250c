"""Trading: its commands, accounts, switches and lease, and the chain of what happened."""

import sqlalchemy as sa
from alembic import op

from storage.ledger import append_only

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_WAITS = sa.text("handled_at IS NULL")
_TABLES = (
    "trading_cursors",
    "trading_lease",
    "trading_switches",
    "trading_equity",
    "trading_trades",
    "trading_orders",
    "trading_accounts",
    "trading_commands",
    "order_events",
)


def upgrade() -> None:
    append_only.lift(op.get_bind())
    op.create_table(
        "order_events",
        sa.Column("ledger", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "number", name=op.f("pk_order_events")),
    )
    op.create_index("ix_order_events_account", "order_events", ["account_id", "number"])
    append_only.enforce(op.get_bind())
    _commands()
    _accounts()
    _process()


def _commands() -> None:
    op.create_table(
        "trading_commands",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("client_order_id", sa.String(64), nullable=False),
        sa.Column("idempotent", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("handled_at", sa.BigInteger()),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_commands")),
        sa.UniqueConstraint("account_id", "client_order_id", name="uq_trading_commands_client"),
    )
    op.create_index(
        "ix_trading_commands_waiting",
        "trading_commands",
        ["handled_at"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def _accounts() -> None:
    op.create_table(
        "trading_accounts",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_trading_accounts")),
    )
    op.create_table(
        "trading_orders",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("client_order_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("position_id", sa.BigInteger()),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_orders")),
    )
    op.create_index("ix_trading_orders_account", "trading_orders", ["account_id", "id"])
    op.create_table(
        "trading_trades",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trading_trades")),
    )
    op.create_index("ix_trading_trades_closed", "trading_trades", ["account_id", "closed_at"])
    op.create_table(
        "trading_equity",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("equity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "at", name=op.f("pk_trading_equity")),
    )


def _process() -> None:
    op.create_table(
        "trading_switches",
        sa.Column("scope", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(256), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("echoed", sa.BigInteger(), nullable=False),
        sa.Column("flatten", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_trading_switches")),
    )
    op.create_table(
        "trading_lease",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("renewed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("bad_prices", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_trading_lease")),
    )
    op.create_table(
        "trading_cursors",
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "symbol", name=op.f("pk_trading_cursors")),
    )


def downgrade() -> None:
    append_only.lift(op.get_bind())
    for table in _TABLES:
        op.drop_table(table)
    append_only.enforce(op.get_bind())
