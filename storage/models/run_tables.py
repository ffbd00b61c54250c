"""The SQL tables of the registry: targets, and every training for them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from storage.ledger.ledger_tables import target_columns
from storage.tables import metadata

targets = Table(
    "targets",
    metadata,
    *target_columns(),
    Column("created_at", BigInteger, nullable=False),
    Column("champion_id", String(36)),
    Column("promoted_at", BigInteger),
    Column("champion_since", BigInteger),  # when it first had a champion
    Column("options", JSON, nullable=False),  # what the next training is asked for
    Column("retrain_every", Integer, nullable=False),  # seconds; 0: never by itself
    Column("expires_after", Integer, nullable=False),  # seconds; 0: never
    Column("attempted_at", BigInteger),  # when a training last ended, well or not
    Column("failures", Integer, nullable=False),  # trainings that failed, one after another
    Column("last_error", String(500)),
    PrimaryKeyConstraint("platform", "symbol", "resolution", "horizon", "model"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    *target_columns(),
    Column("name", String(64)),  # by which it is called; without one, its target calls it
    Column("name_id", String(64)),
    Column("created_at", BigInteger, nullable=False),
    Column("job_id", String(36)),
    Column("reason", String(32), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("options", JSON, nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("first_time", BigInteger, nullable=False),  # openings (s) of the candles learnt from
    Column("last_time", BigInteger, nullable=False),
    Column("candles", Integer, nullable=False),
    Column("code_version", String(128), nullable=False),
    Column("model_hash", String(64), nullable=False),
    Column("digests", JSON, nullable=False),  # of its files; none once they are not kept any more
    Column("folder", String(200), nullable=False),  # below the data folder
    Column("n", Integer, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("baseline_scores", JSON, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("promoted", Boolean, nullable=False),
    Column("decision", JSON, nullable=False),
    Column("metadata", JSON, nullable=False),
    UniqueConstraint("name", "name_id", name="uq_runs_name"),
    Index("ix_runs_target", "platform", "symbol", "resolution", "horizon", "model"),
    Index("ix_runs_job", "job_id"),
)
