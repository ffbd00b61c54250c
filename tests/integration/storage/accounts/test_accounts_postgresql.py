"""Accounts, their keys and uptime on PostgreSQL: the tests of the stores of SQLite."""

import pytest
from sqlalchemy import Engine

from tests.integration.storage.accounts.test_accounts import (  # noqa: F401
    accounts,
    now,
    test_a_mail_address_has_one_account_however_it_is_written,
    test_a_plan_replaces_the_one_that_was_granted_and_ends,
    test_accounts_made_at_once_have_numbers_of_their_own,
    test_an_account_is_read_as_it_was_made,
    test_keys_are_numbered_and_those_of_an_account_stay_its_own,
)
from tests.integration.storage.accounts.test_key_changes import (  # noqa: F401
    holders,
    test_a_hand_in_the_database_is_counted_too,
    test_each_way_to_change_what_a_key_opens_is_counted,
)
from tests.integration.storage.sales.test_purchases import (  # noqa: F401
    test_a_buyer_gets_an_account_a_plan_and_one_mail,
    test_bodies_are_dropped_when_they_are_old_and_their_digests_kept,
    test_two_contracts_of_one_address_are_one_account_with_the_highest_plan,
    test_what_a_buyer_types_stops_nobody_else_s_payments,
)
from tests.integration.storage.uptime.test_uptime import (  # noqa: F401
    minutes,
    test_a_minute_is_well_only_if_every_look_at_it_was,
    test_only_thirty_days_count,
    test_three_of_sixty_minutes_without_a_server_are_five_percent,
)


@pytest.fixture
def engine(postgresql: Engine) -> Engine:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql
