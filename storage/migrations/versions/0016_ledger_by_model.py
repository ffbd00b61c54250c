"""The ledger by model: a forecaster's record is read without a look at everybody's rows."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ledger_model", "ledger", ["ledger", "model", "made_at"])


def downgrade() -> None:
    op.drop_index("ix_ledger_model", "ledger")
