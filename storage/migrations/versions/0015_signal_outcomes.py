"""What signals are scored by, and which are offered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXTS = {"side": 8, "regime": 16, "volatility_regime": 16, "verdict": 16, "run_id": 36}
NUMBERS = (
    "probability_tp", "probability_sl", "prior_hold", "prior_buy", "prior_sell", "range_low",
    "range_high",
)  # fmt: skip
# Signals that were sealed before wait for their outcomes as all do from now on.
WAITING = """
INSERT INTO ledger_pending
    (ledger, seq, platform, symbol, resolution, opening, first_opening, input_end)
SELECT s.ledger, s.seq, s.platform, s.symbol, s.resolution, s.opening, s.first_opening, s.input_end
FROM ledger_signals s
WHERE s.type <> 'hold' AND NOT EXISTS (
    SELECT 1 FROM ledger_events e WHERE e.ledger = s.ledger AND e.seq = s.seq
)
"""


def upgrade() -> None:
    for name, length in TEXTS.items():
        op.add_column("ledger_signals", sa.Column(name, sa.String(length)))
    for name in NUMBERS:
        op.add_column("ledger_signals", sa.Column(name, sa.Double()))
    op.add_column("ledger_events", sa.Column("label", sa.String(8)))
    op.execute(WAITING)
    op.create_index("ix_ledger_signals_opening", "ledger_signals", ["opening"])
    op.create_table(
        "signal_slots",
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(32), nullable=False),
        sa.Column("offered_since", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint(
            "platform",
            "symbol",
            "resolution",
            "horizon",
            "model",
            "offered_since",
            name=op.f("pk_signal_slots"),
        ),
    )


def downgrade() -> None:
    op.drop_table("signal_slots")
    op.drop_index("ix_ledger_signals_opening", table_name="ledger_signals")
    op.execute("DELETE FROM ledger_pending WHERE ledger = 'signals'")
    op.drop_column("ledger_events", "label")
    for name in (*TEXTS, *NUMBERS):
        op.drop_column("ledger_signals", name)
