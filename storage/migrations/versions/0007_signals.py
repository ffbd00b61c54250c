"""Signals and what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signals",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("strength", sa.String(16), nullable=False),
        sa.Column("quality", sa.String(16), nullable=False),
        sa.Column("probability_hold", sa.Double(), nullable=False),
        sa.Column("probability_buy", sa.Double(), nullable=False),
        sa.Column("probability_sell", sa.Double(), nullable=False),
        sa.Column("current_price", sa.Double(), nullable=False),
        sa.Column("take_profit", sa.Double()),
        sa.Column("stop_loss", sa.Double()),
        sa.Column("expected_percent", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("model_hash", sa.String(64), nullable=False),
        sa.Column("data_hash", sa.String(64), nullable=False),
        sa.Column("result", sa.String(8)),
        sa.Column("exit", sa.String(16)),
        sa.Column("pnl_percent", sa.Double()),
        sa.Column("gross_percent", sa.Double()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("gaps", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint(
            "platform",
            "symbol",
            "resolution",
            "horizon",
            "opening",
            "run_id",
            "type",
            name="uq_signals_origin",
        ),
    )
    op.create_index("ix_signals_symbol", "signals", ["symbol", "made_at", "id"])
    op.create_index("ix_signals_result", "signals", ["result", "expires_at"])


def downgrade() -> None:
    op.drop_table("signals")
