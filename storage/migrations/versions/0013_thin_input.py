"""Whether the candles that a forecast was made from seemed cut short."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("thin", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("ledger", "thin")
