"""What terminals report of positions, in a chain of its own, and which terminals were seen."""

import sqlalchemy as sa
from alembic import op

from storage.ledger import append_only

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NUMBERS = (
    "confidence", "volume", "requested_price", "spread_points", "exit_price", "pnl",
    "closed_volume", "commission", "swap", "sl", "tp",
)  # fmt: skip


def upgrade() -> None:
    append_only.lift(op.get_bind())
    op.create_table(
        "execution_reports",
        sa.Column("ledger", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("exec_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key_number", sa.BigInteger(), nullable=False),
        sa.Column("terminal", sa.String(160), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "number", name=op.f("pk_execution_reports")),
    )
    op.create_index(
        "ix_execution_reports_content", "execution_reports", ["exec_id", "content"]
    )
    append_only.enforce(op.get_bind())
    _executions()
    op.create_table(
        "heartbeats",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("terminal", sa.String(160), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "terminal", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "skipped_signals",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("terminal", sa.String(160), nullable=False),
        sa.Column("pred_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "terminal", "pred_id", name=op.f("pk_skipped_signals")
        ),
    )


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("exec_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("terminal", sa.String(160), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("entry_price", sa.Double(), nullable=False),
        sa.Column("pred_id", sa.BigInteger()),
        sa.Column("magic", sa.BigInteger()),
        sa.Column("parent_ticket", sa.BigInteger()),
        sa.Column("currency", sa.String(16)),
        sa.Column("demo", sa.Boolean()),
        sa.Column("mode", sa.String(16)),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("result", sa.String(16)),
        sa.Column("reason_raw", sa.String(64)),
        *(sa.Column(name, sa.Double()) for name in NUMBERS),
        sa.Column("ranks", sa.JSON(), nullable=False),
        sa.Column("signal_seq", sa.BigInteger()),
        sa.Column("in_plan", sa.Boolean(), nullable=False),
        sa.Column("clock_suspect", sa.Boolean(), nullable=False),
        sa.Column("first_received_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("revisions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("exec_id", name=op.f("pk_executions")),
        sa.UniqueConstraint("account_id", "terminal", "ticket", name="uq_executions_ticket"),
    )
    op.create_index("ix_executions_closed", "executions", ["account_id", "closed_at"])
    op.create_index("ix_executions_signal", "executions", ["signal_seq"])


def downgrade() -> None:
    append_only.lift(op.get_bind())
    for table in ("skipped_signals", "heartbeats", "executions", "execution_reports"):
        op.drop_table(table)
    append_only.enforce(op.get_bind())
