"""The SQL tables. Instants are epoch milliseconds UTC; booleans and JSON are SQLAlchemy's own."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_UNFINISHED = text("state IN ('queued', 'running')")

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("stages", JSON, nullable=False),  # [[task name, queue], ...]
    Column("stage", Integer, nullable=False),
    Column("request", JSON, nullable=False),
    Column("checkpoint", JSON, nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("progress", JSON, nullable=False),
    Column("attempt", Integer, nullable=False),  # claims of this stage: with it, a fence
    Column("lost", Integer, nullable=False),  # claims of this stage that ended without a word
    Column("unique_key", String(255)),
    Column("cancel_requested", Boolean, nullable=False),
    Column("token", String(32)),
    Column("worker", String(128)),
    Column("heartbeat_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("queued_at", BigInteger, nullable=False),  # when it last began to wait
    Column("published_at", BigInteger),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Index("ix_jobs_newest", "created_at", "id"),
    Index("ix_jobs_state", "state", "queued_at"),
    Index(
        "uq_jobs_unfinished_key",
        "unique_key",
        unique=True,
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    ),
)

watches = Table(
    "watches",
    metadata,
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_run_at", BigInteger),
    Column("last_success_at", BigInteger),
    Column("last_error", Text),
    PrimaryKeyConstraint("platform", "symbol", "resolution"),
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the whole key, hex
    Column("role", String(16), nullable=False),
    Column("label", String(128), nullable=False),
    Column("hint", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("scopes", JSON, nullable=False, server_default=text("'[]'")),
    Column("number", Integer, nullable=False, unique=True),  # what others may call it by
    Column("account_id", Integer),  # of the subscriber whose key it is
    Index("ix_access_keys_account_id", "account_id"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("after_time", BigInteger, nullable=False),  # microseconds, as is before_time
    Column("before_time", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("recovered", Integer, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("try_at", BigInteger, nullable=False, server_default="0"),  # epoch ms
    Column("reason", Text),
    UniqueConstraint("platform", "symbol", "first_id", "last_id", "after_time"),
    Index("ix_gaps_state", "state"),
)

# The mark that Redis and a file hold too: whether all belong together.
installation = Table(
    "installation",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("mark", JSON, nullable=False),
)
