"""Forecasts from outside: what they need not say, longer names, prices they could not know."""

import sqlalchemy as sa
from alembic import op

from storage.ledger import append_only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNSAID = ("low_80", "high_80", "low_95", "high_95", "prob_up")


def upgrade() -> None:
    append_only.lift(op.get_bind())
    _alter(sa.String(64), nullable=True)
    op.add_column("ledger_events", sa.Column("last_price", sa.Double()))
    op.add_column("ledger_pending", sa.Column("first_opening", sa.BigInteger()))
    op.add_column("ledger_pending", sa.Column("input_end", sa.BigInteger()))
    op.create_table(
        "forecaster_records",
        sa.Column("ledger", sa.String(64), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "model", name=op.f("pk_forecaster_records")),
    )
    append_only.enforce(op.get_bind())


def downgrade() -> None:
    append_only.lift(op.get_bind())
    op.drop_table("forecaster_records")
    with op.batch_alter_table("ledger_pending") as batch:
        batch.drop_column("input_end")
        batch.drop_column("first_opening")
    with op.batch_alter_table("ledger_events") as batch:
        batch.drop_column("last_price")
    _alter(sa.String(32), nullable=False)
    append_only.enforce(op.get_bind())


def _alter(name: sa.String, *, nullable: bool) -> None:
    with op.batch_alter_table("ledger") as batch:
        batch.alter_column("model", type_=name, existing_nullable=False)
        for column in UNSAID:
            batch.alter_column(column, existing_type=sa.Double(), nullable=nullable)
    for table in ("ledger_events", "ledger_boards"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("model", type_=name, existing_nullable=False)
