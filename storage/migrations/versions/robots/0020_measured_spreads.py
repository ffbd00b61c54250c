"""The spread of a market as its terminal told it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("markets", sa.Column("measured_spread_bps", sa.Double()))


def downgrade() -> None:
    op.drop_column("markets", "measured_spread_bps")
