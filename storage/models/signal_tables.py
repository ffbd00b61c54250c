"""The SQL table of signals: what was said, from which candle, and what came of it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables import metadata

signals = Table(
    "signals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("platform", String(64), nullable=False),
    Column("symbol", String(64), nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("horizon", Integer, nullable=False),
    Column("opening", BigInteger, nullable=False),  # of the newest candle that was seen (s)
    Column("run_id", String(36), nullable=False),  # the training behind it
    Column("made_at", BigInteger, nullable=False),
    Column("type", String(8), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("strength", String(16), nullable=False),
    Column("quality", String(16), nullable=False),
    Column("probability_hold", Double, nullable=False),
    Column("probability_buy", Double, nullable=False),
    Column("probability_sell", Double, nullable=False),
    Column("current_price", Double, nullable=False),
    Column("take_profit", Double),  # prices; a hold has none
    Column("stop_loss", Double),
    Column("expected_percent", Double, nullable=False),  # after costs, of the better side
    Column("expires_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("model_hash", String(64), nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("result", String(8)),  # pending, profit or loss; a hold has none
    Column("exit", String(16)),
    Column("pnl_percent", Double),
    Column("gross_percent", Double),
    Column("closed_at", BigInteger),
    Column("gaps", Boolean),
    # What a round trip cost when the signal was made; of bid candles, the spread apart. Both in
    # basis points; of signals of earlier versions neither is kept.
    Column("costs_bps", Double),
    Column("spread_bps", Double),
    UniqueConstraint(
        "platform",
        "symbol",
        "resolution",
        "horizon",
        "opening",
        "run_id",
        "type",
        name="uq_signals_origin",
    ),
    Index("ix_signals_symbol", "symbol", "made_at", "id"),
    Index("ix_signals_result", "result", "expires_at"),
)
