"""The SQL table of markets: what somebody told of them; the rest has defaults."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from storage.tables import metadata

markets = Table(
    "markets",
    metadata,
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("tick_size", Double),
    Column("digits", Integer),
    Column("contract_size", Double),
    Column("volume_min", Double),
    Column("volume_step", Double),
    Column("volume_max", Double),
    Column("zone", String(64)),
    Column("sessions", JSON(none_as_null=True)),
    Column("spread_bps", Double),
    Column("commission_bps", Double),
    Column("slippage_bps", Double),
    Column("swap_long", Double),
    Column("swap_short", Double),
    Column("measured_spread_bps", Double),  # by a terminal that feeds the market
    Column("sources", JSON, nullable=False),  # of each cost that was told: set or venue
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("platform", "symbol"),
)
