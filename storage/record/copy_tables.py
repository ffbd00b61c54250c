"""The SQL table of what positions made of their signals: it follows from both and from candles.

Instants are epoch ms.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Table

from storage.tables import metadata

execution_copies = Table(
    "execution_copies",
    metadata,
    Column("exec_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # of the sealed signal
    Column("slippage_bps", Double),
    Column("delay_s", Double),
    Column("r", Double),
    Column("open_r", Double),
    Column("paper_r", Double),
    Column("implausible", Boolean, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("told_at", BigInteger, nullable=False),  # the newest report that counts
    Column("joined_at", BigInteger, nullable=False),
    Index("ix_execution_copies_seq", "seq"),
)
