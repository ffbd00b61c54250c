"""Connections to accounts at trading venues, with their tokens, encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "venue_connections",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("venue", sa.String(32), nullable=False),
        sa.Column("venue_account", sa.String(64), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("token", sa.Text()),
        sa.Column("key_id", sa.String(16)),
        sa.Column("hint", sa.String(4)),
        sa.Column("login", sa.String(64)),
        sa.Column("real", sa.Boolean(), nullable=False),
        sa.Column("investor", sa.Boolean(), nullable=False),
        sa.Column("live_login", sa.String(64)),
        sa.Column("live_until", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "venue_account", name=op.f("pk_venue_connections")
        ),
    )


def downgrade() -> None:
    op.drop_table("venue_connections")
