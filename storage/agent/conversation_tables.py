"""The SQL tables of conversations with the agent, instants in epoch ms."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from storage.tables import metadata

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("holder", String(64), nullable=False),  # an account, or a key that has none
    Column("title", String(80), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("turns", Integer, nullable=False),
    Index("ix_conversations_newest", "holder", "updated_at", "id"),
    Index("ix_conversations_age", "updated_at"),
)

conversation_turns = Table(
    "conversation_turns",
    metadata,
    Column("conversation_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),  # from 1
    Column("at", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("answer", Text, nullable=False),  # JSON, as it was answered
    PrimaryKeyConstraint("conversation_id", "number"),
)
