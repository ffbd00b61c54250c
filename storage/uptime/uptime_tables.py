"""The SQL table of minutes: whether the service was well in each. One without a row was down."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Table

from storage.tables import metadata

uptime_minutes = Table(
    "uptime_minutes",
    metadata,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),  # of the epoch
    Column("ok", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
)
