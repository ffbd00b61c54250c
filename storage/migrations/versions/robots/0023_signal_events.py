"""What readers of signals are told, numbered in the order in which it happened."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signal_events",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("resolution", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer()),
        sa.Column("model", sa.String(64)),
        sa.Column("signal_seq", sa.BigInteger()),
        sa.Column("open_until", sa.BigInteger()),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_signal_events")),
        sa.UniqueConstraint("kind", "signal_seq", name="uq_signal_events_row"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signal_events_open", "signal_events", ["open_until"])
    op.create_index(
        "ix_signal_events_series",
        "signal_events",
        ["platform", "symbol", "resolution", "kind", "seq"],
    )


def downgrade() -> None:
    op.drop_table("signal_events")
