"""The ledger with its triggers, and the registry of slots."""

import sqlalchemy as sa
from alembic import op

from storage.ledger import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ledger',
        sa.Column('ledger', sa.String(length=64), nullable=False),
        sa.Column('seq', sa.BigInteger(), nullable=False),
        sa.Column('made_at', sa.BigInteger(), nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('horizon', sa.Integer(), nullable=False),
        sa.Column('model', sa.String(length=32), nullable=False),
        sa.Column('opening', sa.BigInteger(), nullable=False),
        sa.Column('first_opening', sa.BigInteger(), nullable=False),
        sa.Column('input_end', sa.BigInteger(), nullable=False),
        sa.Column('predicted', sa.Double(), nullable=False),
        sa.Column('low_80', sa.Double(), nullable=False),
        sa.Column('high_80', sa.Double(), nullable=False),
        sa.Column('low_95', sa.Double(), nullable=False),
        sa.Column('high_95', sa.Double(), nullable=False),
        sa.Column('prob_up', sa.Double(), nullable=False),
        sa.Column('last_price', sa.Double(), nullable=False),
        sa.Column('model_hash', sa.String(length=64), nullable=False),
        sa.Column('data_hash', sa.String(length=64), nullable=False),
        sa.Column('prev_hash', sa.String(length=64), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.CheckConstraint('first_opening <= opening', name='ck_ledger_target'),
        sa.CheckConstraint('input_end <= first_opening', name='ck_ledger_inputs'),
        sa.CheckConstraint('made_at <= first_opening * 1000 + CASE WHEN resolution * 100 < 30000 THEN resolution * 100 ELSE 30000 END', name='ck_ledger_made_at'),
        sa.PrimaryKeyConstraint('ledger', 'seq', name=op.f('pk_ledger')),
        sa.UniqueConstraint('ledger', 'platform', 'symbol', 'resolution', 'horizon', 'model', 'opening', name='uq_ledger_target')
    )
    op.create_table('ledger_boards',
        sa.Column('ledger', sa.String(length=64), nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('horizon', sa.Integer(), nullable=False),
        sa.Column('model', sa.String(length=32), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('scores', sa.JSON(), nullable=False),
        sa.Column('baseline_scores', sa.JSON(), nullable=False),
        sa.Column('verdict', sa.String(length=16), nullable=False),
        sa.Column('updated_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('ledger', 'platform', 'symbol', 'resolution', 'horizon', 'model', name=op.f('pk_ledger_boards'))
    )
    op.create_table('ledger_events',
        sa.Column('ledger', sa.String(length=64), nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('recorded_at', sa.BigInteger(), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('horizon', sa.Integer(), nullable=False),
        sa.Column('model', sa.String(length=32), nullable=False),
        sa.Column('seq', sa.BigInteger(), nullable=True),
        sa.Column('opening', sa.BigInteger(), nullable=False),
        sa.Column('last_opening', sa.BigInteger(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('realised', sa.Double(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('prev_hash', sa.String(length=64), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('ledger', 'number', name=op.f('pk_ledger_events')),
        sa.UniqueConstraint('ledger', 'seq', name='uq_ledger_events_seq')
    )
    op.create_index('ix_ledger_events_slot', 'ledger_events', ['ledger', 'kind', 'platform', 'symbol', 'resolution', 'horizon', 'model'], unique=False)
    op.create_table('ledger_pending',
        sa.Column('ledger', sa.String(length=64), nullable=False),
        sa.Column('seq', sa.BigInteger(), nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('opening', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('ledger', 'seq', name=op.f('pk_ledger_pending'))
    )
    op.create_index('ix_ledger_pending_series', 'ledger_pending', ['platform', 'symbol', 'resolution', 'opening'], unique=False)
    op.create_table('ledgers',
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('job_id', sa.String(length=36), nullable=True),
        sa.Column('request', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_ledgers'))
    )
    op.create_table('slot_runs',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('horizon', sa.Integer(), nullable=False),
        sa.Column('model', sa.String(length=32), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('job_id', sa.String(length=36), nullable=True),
        sa.Column('reason', sa.String(length=32), nullable=False),
        sa.Column('seed', sa.BigInteger(), nullable=False),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.Column('data_hash', sa.String(length=64), nullable=False),
        sa.Column('first_time', sa.BigInteger(), nullable=False),
        sa.Column('last_time', sa.BigInteger(), nullable=False),
        sa.Column('candles', sa.Integer(), nullable=False),
        sa.Column('code_version', sa.String(length=128), nullable=False),
        sa.Column('model_hash', sa.String(length=64), nullable=False),
        sa.Column('digests', sa.JSON(), nullable=False),
        sa.Column('folder', sa.String(length=200), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('scores', sa.JSON(), nullable=False),
        sa.Column('baseline_scores', sa.JSON(), nullable=False),
        sa.Column('verdict', sa.String(length=16), nullable=False),
        sa.Column('promoted', sa.Boolean(), nullable=False),
        sa.Column('decision', sa.JSON(), nullable=False),
        sa.Column('metadata', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_slot_runs'))
    )
    op.create_index('ix_slot_runs_slot', 'slot_runs', ['platform', 'symbol', 'resolution', 'horizon', 'model'], unique=False)
    op.create_table('slots',
        sa.Column('platform', sa.String(length=64), nullable=False),
        sa.Column('symbol', sa.String(length=64), nullable=False),
        sa.Column('resolution', sa.Integer(), nullable=False),
        sa.Column('horizon', sa.Integer(), nullable=False),
        sa.Column('model', sa.String(length=32), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('champion_id', sa.String(length=36), nullable=True),
        sa.Column('promoted_at', sa.BigInteger(), nullable=True),
        sa.Column('champion_since', sa.BigInteger(), nullable=True),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.Column('retrain_every', sa.Integer(), nullable=False),
        sa.Column('expires_after', sa.Integer(), nullable=False),
        sa.Column('attempted_at', sa.BigInteger(), nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('last_error', sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint('platform', 'symbol', 'resolution', 'horizon', 'model', name=op.f('pk_slots'))
    )
    append_only.enforce(op.get_bind())


def downgrade() -> None:
    append_only.lift(op.get_bind())
    op.drop_table('slots')
    op.drop_index('ix_slot_runs_slot', table_name='slot_runs')
    op.drop_table('slot_runs')
    op.drop_table('ledgers')
    op.drop_index('ix_ledger_pending_series', table_name='ledger_pending')
    op.drop_table('ledger_pending')
    op.drop_index('ix_ledger_events_slot', table_name='ledger_events')
    op.drop_table('ledger_events')
    op.drop_table('ledger_boards')
    op.drop_table('ledger')
