"""A count of the changes of keys, accounts and plans, so that a caller need not be read anew."""

import sqlalchemy as sa
from alembic import op

from storage.accounts.key_changes import count_changes, count_no_more

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_changes")),
    )
    op.execute("INSERT INTO key_changes (id, number) VALUES (1, 0)")
    count_changes(op.get_bind())


def downgrade() -> None:
    count_no_more(op.get_bind())
    op.drop_table("key_changes")
