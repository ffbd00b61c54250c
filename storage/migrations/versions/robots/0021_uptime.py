"""Minutes in which the service was well, or was not."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uptime_minutes",
        sa.Column("minute", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_uptime_minutes")),
    )


def downgrade() -> None:
    op.drop_table("uptime_minutes")
