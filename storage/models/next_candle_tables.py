"""The SQL table of trainings of the next candle, each with its model."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from storage.tables import metadata

next_candle_runs = Table(
    "next_candle_runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("job_id", String(36), nullable=False, unique=True),
    Column("started_at", BigInteger, nullable=False),  # epoch ms
    Column("finished_at", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("first_time", BigInteger, nullable=False),  # openings (s) of the candles read
    Column("last_time", BigInteger, nullable=False),
    Column("candles", Integer, nullable=False),
    Column("options", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("code_version", String(128), nullable=False),
    Column("result", JSON, nullable=False),  # the validation
    Column("model_hash", String(64), nullable=False),
    Column("model", Text),  # JSON; null once newer trainings have made it useless
    Index("ix_next_candle_runs_series", "platform", "symbol", "resolution", "finished_at"),
)
