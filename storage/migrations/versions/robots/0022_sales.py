"""Events of payment providers, what is kept of contracts and invoices, mails, claim links."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_webhook_events")),
    )
    op.create_index("ix_webhook_events_state", "webhook_events", ["state", "received_at"])
    op.create_table(
        "contracts",
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_contracts")),
    )
    op.create_index("ix_contracts_account_id", "contracts", ["account_id"])
    op.create_table(
        "invoices",
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.String(128)),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_invoices")),
    )
    op.create_index("ix_invoices_account_id", "invoices", ["account_id"])
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("about", sa.String(128), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("account_id", "kind", "about", name=op.f("uq_mails_account_id")),
    )
    op.create_index("ix_mails_state", "mails", ["state", "next_try_at"])
    op.create_table(
        "claims",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_claims")),
    )
    op.create_index("ix_claims_account_id", "claims", ["account_id"])
    op.create_table(
        "admin_audit",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("path", sa.String(256), nullable=False),
        sa.Column("secret", sa.String(8), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_admin_audit")),
    )


def downgrade() -> None:
    for table in ("admin_audit", "claims", "mails", "invoices", "contracts", "webhook_events"):
        op.drop_table(table)
