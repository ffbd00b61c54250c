"""The record, calibration and copies on PostgreSQL: tests of this folder whose rows SQL finds."""

import pytest

from storage.stores import Stores
from tests.integration.api.record.test_calibration import (  # noqa: F401
    test_what_is_kept_of_a_model_is_computed_anew_when_outcomes_come,
)
from tests.integration.api.record.test_copies import (  # noqa: F401
    test_subscribers_together_are_told_of_from_five_of_them_and_twenty_positions_on,
)
from tests.integration.api.robots.conftest import seal

__all__ = ["seal"]
pytestmark = pytest.mark.clock


@pytest.fixture
def stores(postgresql_stores: Stores) -> Stores:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql_stores
