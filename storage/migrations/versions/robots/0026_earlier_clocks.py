"""Zones that the clocks of brokers had before they were set to another."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("broker_clocks", sa.Column("earlier", sa.JSON()))


def downgrade() -> None:
    op.drop_column("broker_clocks", "earlier")
