"""Positions on PostgreSQL: the tests of `test_execution_store`."""

import pytest
from sqlalchemy import Engine

from tests.integration.storage.executions.test_execution_store import (  # noqa: F401
    heads,
    store,
    test_a_position_is_matched_to_the_signal_it_names_or_to_the_only_one,
    test_an_item_that_cannot_be_stored_is_answered_alone,
    test_an_older_report_sent_again_takes_no_correction_back,
    test_closed_positions_leave_the_window_and_open_ones_stay,
    test_every_report_stands_in_the_chain_as_it_came,
    test_one_ticket_of_an_account_and_terminal_is_one_row,
    test_two_reports_at_once_are_one_position,
    test_whatever_is_done_to_the_reports_is_found,
)


@pytest.fixture
def engine(postgresql: Engine) -> Engine:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql
