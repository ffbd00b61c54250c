"""The SQL tables of mails and of claim links. Instants are epoch milliseconds UTC.

A mail has no body and no address here, a link only the digest of its token.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables import metadata

mails = Table(
    "mails",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", Integer, nullable=False),  # 0: the operator
    Column("kind", String(16), nullable=False),
    Column("about", String(128), nullable=False),  # with it, a mail goes once
    Column("facts", JSON, nullable=False),  # what the text names besides the account
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", BigInteger, nullable=False),
    Column("error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    UniqueConstraint("account_id", "kind", "about"),
    Index("ix_mails_state", "state", "next_try_at"),
)

claims = Table(
    "claims",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the token, hex
    Column("account_id", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("ix_claims_account_id", "account_id"),
)
