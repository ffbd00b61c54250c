"""Subscribers are told once a week and once a day before their plan ends, and when it has."""

import pytest
from sqlalchemy import Engine

from core.payments.entitled import DAY_MS
from storage.accounts.accounts import AccountStore, NewAccount
from storage.mail.outbox import Outbox
from tasks.sales.reminders import remind
from tests.payments import START

END = START + 60 * DAY_MS


@pytest.fixture
def accounts(engine: Engine) -> AccountStore:
    """One account, whose plan ends after sixty days."""
    store = AccountStore(engine, lambda: START)
    store.create(NewAccount(user_name="Ana", email="ana@example.com"), "pro", END)
    return store


def kinds(outbox: Outbox) -> list[str]:
    """Return what was queued, the oldest first."""
    return [mail.kind.value for mail in reversed(outbox.list())]


def test_a_plan_that_ends_is_told_of_thrice_and_each_once(
    accounts: AccountStore, engine: Engine
) -> None:
    outbox = Outbox(engine, lambda: END)
    told = []
    for hours in range(-10 * 24, 3 * 24):
        now = END + hours * 3_600_000
        told += [(hours, kinds(outbox)[-1])] if remind(accounts, outbox, now) else []
    assert told == [(-7 * 24, "expiring"), (-24, "expiring"), (0, "ended")]
    assert {mail.facts["ends"] for mail in outbox.list()} == {"2026-03-02 00:00 UTC"}


def test_a_plan_that_is_renewed_by_itself_is_not_said_to_end(
    accounts: AccountStore, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE entitlements SET source = 'eduzz', state = 'active'")
    outbox = Outbox(engine, lambda: END)
    assert remind(accounts, outbox, END - DAY_MS // 2) == 0
    assert remind(accounts, outbox, END) == 1


def test_a_plan_of_a_week_does_not_begin_with_its_end(engine: Engine) -> None:
    accounts = AccountStore(engine, lambda: START)
    accounts.create(NewAccount(user_name="B", email="b@x.example"), "pro", START + 7 * DAY_MS)
    outbox = Outbox(engine, lambda: START)
    assert remind(accounts, outbox, START + 1_000) == 0
    assert remind(accounts, outbox, START + 6 * DAY_MS + 1) == 1


def test_who_renewed_in_time_is_not_told_that_the_plan_ended(
    accounts: AccountStore, engine: Engine
) -> None:
    AccountStore(engine, lambda: END - DAY_MS).change_plan(1, "pro", END + 30 * DAY_MS)
    assert remind(accounts, Outbox(engine), END) == 0
