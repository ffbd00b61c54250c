"""What positions made of the signals that they copy."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "execution_copies",
        sa.Column("exec_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("slippage_bps", sa.Double()),
        sa.Column("delay_s", sa.Double()),
        sa.Column("r", sa.Double()),
        sa.Column("open_r", sa.Double()),
        sa.Column("paper_r", sa.Double()),
        sa.Column("implausible", sa.Boolean(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("exec_id", name=op.f("pk_execution_copies")),
    )
    op.create_index("ix_execution_copies_seq", "execution_copies", ["seq"])


def downgrade() -> None:
    op.drop_table("execution_copies")
