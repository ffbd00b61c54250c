"""Accounts and their plans; keys belong to accounts and have numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NUMBERED = """
UPDATE access_keys SET number = (
    SELECT count(*) FROM access_keys AS older
    WHERE older.created_at < access_keys.created_at
       OR (older.created_at = access_keys.created_at AND older.id <= access_keys.id)
)
"""


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("user_name", sa.String(128), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("symbols_allowed", sa.JSON()),
        sa.Column("tfs_allowed", sa.JSON()),
        sa.Column("rate_limit_per_min", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "entitlements",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("source_ref", sa.String(128), nullable=False),
        sa.Column("plan_tier", sa.String(16), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("provider_time", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlements")),
        sa.UniqueConstraint("source", "source_ref", name=op.f("uq_entitlements_source")),
    )
    op.create_index("ix_entitlements_account_id", "entitlements", ["account_id"])
    op.add_column("access_keys", sa.Column("account_id", sa.Integer()))
    op.add_column("access_keys", sa.Column("number", sa.Integer()))
    op.execute(NUMBERED)
    with op.batch_alter_table("access_keys") as batch:
        batch.alter_column("number", existing_type=sa.Integer(), nullable=False)
        batch.create_unique_constraint(op.f("uq_access_keys_number"), ["number"])
    op.create_index("ix_access_keys_account_id", "access_keys", ["account_id"])


def downgrade() -> None:
    op.drop_index("ix_access_keys_account_id", "access_keys")
    with op.batch_alter_table("access_keys") as batch:
        batch.drop_constraint(op.f("uq_access_keys_number"), type_="unique")
        batch.drop_column("number")
        batch.drop_column("account_id")
    op.drop_index("ix_entitlements_account_id", "entitlements")
    op.drop_table("entitlements")
    op.drop_table("accounts")
