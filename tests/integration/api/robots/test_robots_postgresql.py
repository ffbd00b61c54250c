"""What robots read and report on PostgreSQL: tests of this folder whose rules SQL keeps."""

import pytest

from storage.stores import Stores
from tests.integration.api.robots.service.test_monitoring import (  # noqa: F401
    test_all_that_is_watched_agrees_with_what_was_done,
)
from tests.integration.api.robots.test_heartbeat import (  # noqa: F401
    test_what_was_seen_outlives_redis,
)
from tests.integration.api.robots.test_plans import (  # noqa: F401
    test_basic_sees_exactly_its_six_slots_and_pro_all,
)
from tests.integration.api.robots.test_robots import (  # noqa: F401
    test_a_history_is_newest_first_by_pages_with_outcomes,
    test_a_row_of_the_board_is_the_row_of_the_ledger,
    test_an_account_s_signals_are_those_of_all_its_slots_newest_first,
    test_counts_agree_with_the_rows,
)

pytestmark = pytest.mark.clock


@pytest.fixture
def stores(postgresql_stores: Stores) -> Stores:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql_stores
