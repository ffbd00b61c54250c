"""Sales on PostgreSQL: tests of this folder whose rules SQL keeps."""

import pytest

from storage.stores import Stores
from tests.integration.api.sales.test_admin import (  # noqa: F401
    admin,
    test_a_change_is_made_whole_or_not_at_all,
    test_a_closed_account_is_nameless_everywhere_and_its_keys_open_nothing,
    test_accounts_are_listed_by_name_and_plan_the_newest_first,
    test_an_account_changes_and_both_addresses_are_told,
    test_events_are_listed_by_state_and_tried_again,
    test_every_call_is_noted_with_its_answer_and_no_secret,
    test_keys_are_found_by_name_and_state,
)
from tests.integration.api.sales.test_claim import (  # noqa: F401
    account,
    test_a_link_to_recover_closes_all_other_keys,
    test_of_many_at_once_one_gets_the_key,
)
from tests.integration.api.sales.test_regenerate import (  # noqa: F401
    plain,
    test_of_two_at_once_one_gets_a_key,
)
from tests.integration.api.sales.test_webhooks import (  # noqa: F401
    test_a_refund_holds_against_a_late_payment,
    test_fifty_duplicates_at_once_have_one_effect,
    test_what_was_stored_before_a_death_is_applied_after_it,
)


@pytest.fixture
def stores(postgresql_stores: Stores) -> Stores:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql_stores
