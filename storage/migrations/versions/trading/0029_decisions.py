"""Decisions to trade: what accounts want, and the chain of what was decided."""

import sqlalchemy as sa
from alembic import op

from storage.ledger import append_only

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    append_only.lift(op.get_bind())
    op.create_table(
        "decision_events",
        sa.Column("ledger", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("decision_id", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "number", name=op.f("pk_decision_events")),
    )
    append_only.enforce(op.get_bind())
    op.create_table(
        "trading_configs",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("decided_seq", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_trading_configs")),
    )
    op.create_table(
        "trading_decisions",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_trading_decisions")),
    )
    op.create_index("ix_trading_decisions_newest", "trading_decisions", ["account_id", "number"])


def downgrade() -> None:
    append_only.lift(op.get_bind())
    for table in ("trading_decisions", "trading_configs", "decision_events"):
        op.drop_table(table)
    append_only.enforce(op.get_bind())
