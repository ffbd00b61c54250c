"""Clocks of brokers, and their names of markets."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broker_clocks",
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("learnt_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_broker_clocks")),
    )
    op.create_table(
        "symbol_aliases",
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("broker_name", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("platform", "broker_name", name=op.f("pk_symbol_aliases")),
        sa.UniqueConstraint("platform", "symbol", name=op.f("uq_symbol_aliases_platform")),
    )


def downgrade() -> None:
    op.drop_table("symbol_aliases")
    op.drop_table("broker_clocks")
