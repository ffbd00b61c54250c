"""Sealed signals on PostgreSQL: the tests of `test_sealed_signals`."""

import pytest
from sqlalchemy import Engine

from tests.integration.storage.ledger.test_sealed_signals import (  # noqa: F401
    filled,
    heads,
    sealed,
    test_a_late_signal_is_refused_and_counted_with_its_reason,
    test_a_target_is_sealed_once_a_candle,
    test_an_outcome_is_joined_once_and_only_to_what_was_sealed,
    test_forecasts_and_signals_are_chains_apart,
    test_signals_are_numbered_and_chained_by_hashes_that_anybody_can_compute,
    test_the_database_refuses_to_change_what_is_sealed,
    test_the_newest_signal_of_each_target_is_found,
    test_what_came_later_to_a_signal_is_hashed_where_it_is_known,
)


@pytest.fixture
def engine(postgresql: Engine) -> Engine:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql
