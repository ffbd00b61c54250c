"""Accounts and their plans in SQL."""

import threading

import pytest
from sqlalchemy import Engine

from core.errors import Conflict, InvalidRequest, NotFound
from core.robots.accounts import BASIC, PRO
from storage.access.access_keys import FEEDER, SUBSCRIBER, AccessKeyStore
from storage.accounts.accounts import AccountStore, NewAccount
from storage.accounts.key_holders import KeyHolders

JOANA = NewAccount(user_name="Joana Flores", email="Joana@Example.com", symbols_allowed=("EURUSD",))


@pytest.fixture
def now() -> list[int]:
    return [1_000]


@pytest.fixture
def accounts(engine: Engine, now: list[int]) -> AccountStore:
    return AccountStore(engine, clock=lambda: now[0])


def test_an_account_is_read_as_it_was_made(accounts: AccountStore) -> None:
    made = accounts.create(JOANA, PRO, ends_at=5_000)
    assert accounts.get(made.id) == made == accounts.list()[0]
    assert (made.user_name, made.email) == ("Joana Flores", "joana@example.com")
    assert (made.symbols_allowed, made.tfs_allowed) == (("EURUSD",), None)
    assert (made.tier(1_000), made.active_until(1_000), made.rate_limit_per_min) == (
        PRO, 5_000, 300,
    )  # fmt: skip


def test_a_mail_address_has_one_account_however_it_is_written(accounts: AccountStore) -> None:
    accounts.create(JOANA, PRO)
    with pytest.raises(Conflict):
        accounts.create(NewAccount(user_name="other", email="JOANA@EXAMPLE.COM"), PRO)
    nameless = [accounts.create(NewAccount(user_name="x"), BASIC).id for _ in range(2)]
    assert len(set(nameless)) == 2


@pytest.mark.parametrize(
    ("told", "tier", "field"),
    [
        (NewAccount(user_name=" "), BASIC, "user_name"),
        (NewAccount(user_name="x" * 129), BASIC, "user_name"),
        (NewAccount(user_name="x", email="no address"), BASIC, "email"),
        (NewAccount(user_name="x", email="a@b\r\nBcc: c@d"), BASIC, "email"),
        (NewAccount(user_name="x", email="a" * 65 + "@b"), BASIC, "email"),
        (NewAccount(user_name="x", rate_limit_per_min=0), BASIC, "rate_limit_per_min"),
        (NewAccount(user_name="x"), "gold", "plan_tier"),
    ],
)
def test_what_makes_no_account_is_refused(
    accounts: AccountStore, told: NewAccount, tier: str, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        accounts.create(told, tier)
    assert refused.value.field == field
    assert accounts.list() == []


def test_a_plan_replaces_the_one_that_was_granted_and_ends(
    accounts: AccountStore, now: list[int]
) -> None:
    made = accounts.create(JOANA, PRO)
    now[0] = 2_000
    changed = accounts.change_plan(made.id, BASIC, ends_at=9_000)
    assert (changed.tier(2_000), changed.active_until(2_000)) == (BASIC, 9_000)
    now[0] = 3_000
    ended = accounts.end(made.id)
    assert (ended.tier(3_000), ended.ended_at(3_000)) == (None, 3_000)
    assert accounts.change_plan(made.id, PRO).tier(3_000) == PRO
    for change in (accounts.end, accounts.get, lambda number: accounts.change_plan(number, PRO)):
        with pytest.raises(NotFound):
            change(99)
    with pytest.raises(InvalidRequest):
        accounts.change_plan(made.id, PRO, ends_at=3_000)


def test_accounts_made_at_once_have_numbers_of_their_own(accounts: AccountStore) -> None:
    threads = [
        threading.Thread(target=accounts.create, args=(NewAccount(user_name=str(n)), PRO))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [account.id for account in accounts.list()] == list(range(1, 9))


def test_keys_are_numbered_and_those_of_an_account_stay_its_own(
    accounts: AccountStore, engine: Engine
) -> None:
    keys, made = AccessKeyStore(engine), accounts.create(JOANA, PRO)
    owner = keys.create("owner", "laptop")[1]
    plain, mine = keys.create(SUBSCRIBER, "robot", account_id=made.id)
    assert (owner.number, owner.account_id) == (1, None)
    assert (mine.number, mine.account_id) == (2, made.id)
    assert keys.find(plain) == mine
    other = keys.rotate(mine.id)[1]
    assert (other.number, other.account_id, other.role) == (3, made.id, SUBSCRIBER)


def test_a_subscriber_has_an_account_and_a_feeder_a_platform(
    accounts: AccountStore, engine: Engine
) -> None:
    keys = AccessKeyStore(engine)
    for role, scopes, account_id in (
        (SUBSCRIBER, (), None),
        ("reader", (), 1),
        (FEEDER, (), None),
        (FEEDER, ("forecast:mine",), None),
    ):
        with pytest.raises(InvalidRequest):
            keys.create(role, "x", scopes=scopes, account_id=account_id)
    assert keys.create(FEEDER, "x", scopes=("ingest:mt5",))[1].role == FEEDER


def test_a_key_tells_its_account_and_plans_at_once_as_both_stores_do(
    engine: Engine, accounts: AccountStore
) -> None:
    keys, holders = AccessKeyStore(engine), KeyHolders(engine)
    made = accounts.create(JOANA, PRO, ends_at=5_000)
    other = accounts.create(NewAccount(user_name="x"), BASIC)
    accounts.change_plan(made.id, BASIC)
    accounts.end(other.id)
    for account in (accounts.get(made.id), accounts.get(other.id)):
        plain, key = keys.create(SUBSCRIBER, "x", account_id=account.id)
        assert holders.find(plain) == (key, account)
        assert len(account.entitlements) == (2 if account.id == made.id else 1)
    revoked, key = keys.create(FEEDER, "x", scopes=("ingest:mt5",))
    closed = keys.revoke(key.id)
    assert holders.find(revoked) == (closed, None)
    forged = revoked[:13] + "0" * 43 + revoked[56:]
    assert (holders.find(forged), holders.find("x" * 60), keys.known(forged)) == (None, None, None)
