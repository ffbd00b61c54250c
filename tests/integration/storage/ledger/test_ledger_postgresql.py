"""The ledger on PostgreSQL: the tests of `test_ledger`, and what PostgreSQL has besides."""

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from storage.database import reading, writing
from storage.ledger.ledger_store import LedgerStore
from storage.ledger.ledger_tables import ledger
from tests.integration.storage.ledger.test_ledger import (  # noqa: F401
    filled,
    heads,
    reader,
    store,
    test_a_crash_between_the_commits_is_no_tampering,
    test_a_forecast_in_its_grace_is_taken_and_a_later_one_is_refused_and_counted,
    test_a_replay_has_a_ledger_of_its_own_with_the_clock_of_its_candles,
    test_a_target_is_forecast_once,
    test_a_whole_ledger_is_verified,
    test_concurrent_appends_keep_one_chain,
    test_forecasts_are_numbered_stamped_and_chained,
    test_inputs_that_reach_into_the_target_are_refused,
    test_missed_forecasts_are_counted_once,
    test_outcomes_are_joined_once,
    test_pages_are_read_by_slot_and_time,
    test_sql_refuses_rows_that_do_not_go_on_where_the_chain_ends,
    test_sql_refuses_to_change_or_remove_rows,
    test_verifying_finds_the_first_row_that_is_not_what_it_was,
)
from tests.made_forecasts import forecast


@pytest.fixture
def engine(postgresql: Engine) -> Engine:
    """Take PostgreSQL in the place of SQLite."""
    return postgresql


def test_a_reader_sees_one_state_while_another_writes(
    store: LedgerStore,  # noqa: F811
    engine: Engine,
) -> None:
    with reading(engine) as connection:
        assert connection.execute(select(ledger)).all() == []
        store.append([forecast()])
        assert connection.execute(select(ledger)).all() == []


@pytest.mark.parametrize("table", ["ledger", "ledger_events"])
def test_tables_cannot_be_truncated(
    filled: LedgerStore,  # noqa: F811
    engine: Engine,
    table: str,
) -> None:
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text(f"TRUNCATE {table}"))
