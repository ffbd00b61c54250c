"""When the positions of sealed signals closed; of outcomes that are recorded nobody knows any more."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_events", sa.Column("closed_at", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("ledger_events", "closed_at")
