"""Every change of keys, accounts and plans is counted, whoever makes it."""

import pytest
from sqlalchemy import Engine, delete, text

from core.robots.accounts import BASIC, PRO
from storage.access.access_keys import READER, SUBSCRIBER, AccessKeyStore
from storage.accounts.accounts import AccountStore, NewAccount
from storage.accounts.key_holders import KeyHolders
from storage.database import writing
from storage.tables import access_keys


@pytest.fixture
def holders(engine: Engine) -> KeyHolders:
    return KeyHolders(engine)


def test_each_way_to_change_what_a_key_opens_is_counted(
    engine: Engine, holders: KeyHolders
) -> None:
    accounts, keys = AccountStore(engine), AccessKeyStore(engine)
    account = accounts.create(NewAccount(user_name="robot"), PRO).id
    key = keys.create(SUBSCRIBER, "robot", account_id=account)[1].id
    seen = [holders.changes()]
    for change in (
        lambda: accounts.change_plan(account, BASIC),
        lambda: accounts.end(account),
        lambda: accounts.create(NewAccount(user_name="other"), PRO),
        lambda: keys.create(SUBSCRIBER, "second", account_id=account),
        lambda: keys.revoke(key),
    ):
        change()
        seen.append(holders.changes())
    assert len(set(seen)) == len(seen)


def test_a_hand_in_the_database_is_counted_too(engine: Engine, holders: KeyHolders) -> None:
    AccessKeyStore(engine).create(READER, "robot")
    AccountStore(engine).create(NewAccount(user_name="robot"), PRO)
    for statement in (
        text("UPDATE accounts SET rate_limit_per_min = 7"),
        text("UPDATE entitlements SET state = 'closed'"),
        delete(access_keys),
    ):
        before = holders.changes()
        with writing(engine) as connection:
            connection.execute(statement)
        assert holders.changes() != before


def test_whoever_only_reads_changes_nothing(engine: Engine, holders: KeyHolders) -> None:
    plain = AccessKeyStore(engine).create(READER, "robot")[0]
    before = holders.changes()
    assert holders.find(plain)
    assert holders.changes() == before
