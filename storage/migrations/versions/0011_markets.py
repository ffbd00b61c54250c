"""Markets and their costs, which signals and forecasts keep from now on."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NUMBERS = (
    "spread_bps",
    "commission_bps",
    "slippage_bps",
    "swap_long",
    "swap_short",
)


def upgrade() -> None:
    op.create_table(
        "markets",
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("tick_size", sa.Double()),
        sa.Column("digits", sa.Integer()),
        sa.Column("contract_size", sa.Double()),
        sa.Column("volume_min", sa.Double()),
        sa.Column("volume_step", sa.Double()),
        sa.Column("volume_max", sa.Double()),
        sa.Column("zone", sa.String(64)),
        sa.Column("sessions", sa.JSON()),
        *(sa.Column(name, sa.Double()) for name in NUMBERS),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "symbol", name=op.f("pk_markets")),
    )
    op.add_column("signals", sa.Column("costs_bps", sa.Double()))
    op.add_column("signals", sa.Column("spread_bps", sa.Double()))
    op.add_column("ledger", sa.Column("costs_bps", sa.Double()))


def downgrade() -> None:
    for table, name in (("ledger", "costs_bps"), ("signals", "spread_bps"), ("signals", "costs_bps")):
        op.drop_column(table, name)
    op.drop_table("markets")
