"""The chain of signals."""

import sqlalchemy as sa
from alembic import op

from storage.ledger import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

IN_TIME = (
    "made_at <= first_opening * 1000 + CASE WHEN resolution * 100 < 30000 "
    "THEN resolution * 100 ELSE 30000 END"
)


def upgrade() -> None:
    append_only.lift(op.get_bind())
    op.create_table(
        "ledger_signals",
        sa.Column("ledger", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(32), nullable=False),
        sa.Column("opening", sa.BigInteger(), nullable=False),
        sa.Column("first_opening", sa.BigInteger(), nullable=False),
        sa.Column("input_end", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("probability_hold", sa.Double(), nullable=False),
        sa.Column("probability_buy", sa.Double(), nullable=False),
        sa.Column("probability_sell", sa.Double(), nullable=False),
        sa.Column("current_price", sa.Double(), nullable=False),
        sa.Column("take_profit", sa.Double()),
        sa.Column("stop_loss", sa.Double()),
        sa.Column("expected_percent", sa.Double(), nullable=False),
        sa.Column("costs_bps", sa.Double(), nullable=False),
        sa.Column("spread_bps", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.String(36), nullable=False),
        sa.Column("model_hash", sa.String(64), nullable=False),
        sa.Column("data_hash", sa.String(64), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("input_end <= first_opening", name="ck_ledger_signals_inputs"),
        sa.CheckConstraint("first_opening <= opening", name="ck_ledger_signals_target"),
        sa.CheckConstraint(IN_TIME, name="ck_ledger_signals_made_at"),
        sa.PrimaryKeyConstraint("ledger", "seq", name=op.f("pk_ledger_signals")),
        sa.UniqueConstraint(
            "ledger",
            "platform",
            "symbol",
            "resolution",
            "horizon",
            "model",
            "opening",
            name="uq_ledger_signals_target",
        ),
        sa.UniqueConstraint("signal_id", name="uq_ledger_signals_signal_id"),
    )
    append_only.enforce(op.get_bind())


def downgrade() -> None:
    append_only.lift(op.get_bind())
    op.drop_table("ledger_signals")
    append_only.enforce(op.get_bind())
