"""What the trader reads of accounts at venues, and what it is asked of them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_WAITS = sa.text("answered_at IS NULL")


def upgrade() -> None:
    for column in (
        sa.Column("trade_allowed", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("snapshot", sa.Text()),
    ):
        op.add_column("venue_connections", column)
    op.create_table(
        "venue_questions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answer", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_questions")),
    )
    op.create_index(
        "ix_venue_questions_waiting",
        "venue_questions",
        ["answered_at"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def downgrade() -> None:
    op.drop_table("venue_questions")
    for name in ("snapshot", "number", "trade_allowed"):
        op.drop_column("venue_connections", name)
