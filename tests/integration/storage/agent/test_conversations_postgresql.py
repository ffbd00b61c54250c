"""Conversations on PostgreSQL: the tests of SQLite."""

import pytest
from sqlalchemy import Engine

from tests.integration.storage.agent.test_conversations import (  # noqa: F401
    kept,
    now,
    test_a_conversation_of_another_is_none,
    test_conversations_that_rested_too_long_are_purged,
    test_pages_hold_every_conversation_once_the_newest_first,
    test_turns_are_read_as_they_were_kept,
    test_turns_told_at_once_have_numbers_of_their_own,
)


@pytest.fixture
def engine(postgresql: Engine) -> Engine:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql
