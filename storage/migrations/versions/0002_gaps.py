"""The gap ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('gaps',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('first_id', sa.BigInteger(), nullable=False),
        sa.Column('last_id', sa.BigInteger(), nullable=False),
        sa.Column('after_time', sa.BigInteger(), nullable=False),
        sa.Column('before_time', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('recovered', sa.Integer(), nullable=False),
        sa.Column('found_at', sa.BigInteger(), nullable=False),
        sa.Column('closed_at', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_gaps')),
        sa.UniqueConstraint('platform', 'symbol', 'first_id', 'last_id', 'after_time', name=op.f('uq_gaps_platform'))
    )
    op.create_index('ix_gaps_state', 'gaps', ['state'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_gaps_state', table_name='gaps')
    op.drop_table('gaps')
