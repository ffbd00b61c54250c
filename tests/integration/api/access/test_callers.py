"""What is remembered of a caller, and for how long."""

import pytest

from api.access.callers import BELIEF_SECONDS, Callers
from core.robots.accounts import Account
from storage.access.access_keys import READER, AccessKey
from storage.accounts.key_holders import KeyHolders
from storage.stores import Stores


class Counted(KeyHolders):
    """Holders of keys that count how often one was read."""

    reads = 0

    def find(self, plain: str) -> tuple[AccessKey, Account | None] | None:
        self.reads += 1
        return super().find(plain)


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def holders(stores: Stores) -> Counted:
    return Counted(stores.engine)


@pytest.fixture
def callers(holders: Counted, now: list[float]) -> Callers:
    return Callers(holders, clock=lambda: now[0])


async def test_a_key_is_read_once_until_somebodys_changes(
    callers: Callers, holders: Counted, stores: Stores, now: list[float]
) -> None:
    plain = stores.keys.create(READER, "polls")[0]
    for _ in range(4):
        assert await callers.known(plain)
        now[0] += 2 * BELIEF_SECONDS
    assert holders.reads == 1
    stores.keys.create(READER, "another's")
    assert await callers.known(plain)
    assert holders.reads == 2


async def test_a_key_that_was_revoked_is_known_as_such_half_a_second_later(
    callers: Callers, stores: Stores, now: list[float]
) -> None:
    plain, key = stores.keys.create(READER, "leaked")
    assert await callers.known(plain)
    stores.keys.revoke(key.id)
    now[0] += BELIEF_SECONDS
    caller = await callers.known(plain)
    assert caller is not None
    assert caller.refusal(0) is not None


async def test_a_key_of_nobodys_is_looked_for_each_time(callers: Callers, holders: Counted) -> None:
    for _ in range(3):
        assert await callers.known("tck_nobody") is None
    assert holders.reads == 3
