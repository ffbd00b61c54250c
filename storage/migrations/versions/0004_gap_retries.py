"""When an open gap is looked at again, and why it is still open."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    zero = sa.text("0")
    op.add_column("gaps", sa.Column("attempts", sa.Integer(), nullable=False, server_default=zero))
    op.add_column("gaps", sa.Column("try_at", sa.BigInteger(), nullable=False, server_default=zero))
    op.add_column("gaps", sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("reason", "try_at", "attempts"):
        op.drop_column("gaps", name)
