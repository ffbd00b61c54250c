"""Jobs, watches, access keys, LSTM models."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('access_keys',
        sa.Column('id', sa.String(length=16), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('role', sa.String(length=16), nullable=False),
        sa.Column('label', sa.String(length=128), nullable=False),
        sa.Column('hint', sa.String(length=32), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('revoked_at', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_access_keys')),
        sa.UniqueConstraint('digest', name=op.f('uq_access_keys_digest'))
    )
    op.create_table('jobs',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('stages', sa.JSON(), nullable=False),
        sa.Column('stage', sa.Integer(), nullable=False),
        sa.Column('request', sa.JSON(), nullable=False),
        sa.Column('checkpoint', sa.JSON(), nullable=False),
        sa.Column('result', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('error', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('progress', sa.JSON(), nullable=False),
        sa.Column('attempt', sa.Integer(), nullable=False),
        sa.Column('lost', sa.Integer(), nullable=False),
        sa.Column('unique_key', sa.String(length=255), nullable=True),
        sa.Column('cancel_requested', sa.Boolean(), nullable=False),
        sa.Column('token', sa.String(length=32), nullable=True),
        sa.Column('worker', sa.String(length=128), nullable=True),
        sa.Column('heartbeat_at', sa.BigInteger(), nullable=True),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('queued_at', sa.BigInteger(), nullable=False),
        sa.Column('published_at', sa.BigInteger(), nullable=True),
        sa.Column('started_at', sa.BigInteger(), nullable=True),
        sa.Column('finished_at', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs'))
    )
    op.create_index('ix_jobs_newest', 'jobs', ['created_at', 'id'], unique=False)
    op.create_index('ix_jobs_state', 'jobs', ['state', 'queued_at'], unique=False)
    op.create_index('uq_jobs_unfinished_key', 'jobs', ['unique_key'], unique=True, sqlite_where=sa.text("state IN ('queued', 'running')"), postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.create_table('lstm_models',
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('folder', sa.String(length=200), nullable=False),
        sa.Column('digests', sa.JSON(), nullable=False),
        sa.Column('metadata', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('name', 'id', name=op.f('pk_lstm_models'))
    )
    op.create_table('watches',
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('last_run_at', sa.BigInteger(), nullable=True),
        sa.Column('last_success_at', sa.BigInteger(), nullable=True),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('platform', 'symbol', 'resolution', name=op.f('pk_watches'))
    )


def downgrade() -> None:
    op.drop_table('watches')
    op.drop_table('lstm_models')
    op.drop_index('uq_jobs_unfinished_key', table_name='jobs', sqlite_where=sa.text("state IN ('queued', 'running')"), postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.drop_index('ix_jobs_state', table_name='jobs')
    op.drop_index('ix_jobs_newest', table_name='jobs')
    op.drop_table('jobs')
    op.drop_table('access_keys')
