"""A key replaced by its holder: at once, or with an overlap; of two at once, one."""

import asyncio
import time
from contextlib import suppress

import pytest
import redis
import time_machine
from limits import RateLimitItemPerDay, RateLimitItemPerHour

from api.access.seldom_calls import SeldomCalls
from core.errors import TooManyRequests
from core.mail.mails import MailKind
from storage.access.access_keys import FILE_LABEL
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api

PATH = "/api/account/regenerate-key"


@pytest.fixture
def plain(stores: Stores) -> str:
    """The key of a subscriber."""
    account = stores.accounts.create(NewAccount(user_name="Ana", email="ana@example.com"), "pro")
    return stores.keys.create("subscriber", "Ana", account_id=account.id)[0]


async def opens(api: Api, plain: str) -> bool:
    """Say whether a key opens."""
    answer = await api.bare("GET", "/api/scan", headers={"X-API-Key": plain})
    return answer.status_code == 200


async def test_the_old_key_ends_within_a_second_and_the_new_one_opens_the_same(
    api: Api, stores: Stores, plain: str
) -> None:
    answer = await api.bare("POST", PATH, headers={"X-API-Key": plain})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    new = answer.json["api_key"]
    assert answer.json["old_key_ends_at"] == answer.json["rotated_at"]
    await asyncio.sleep(0.6)
    assert not await opens(api, plain)
    assert await opens(api, new)
    old_key, new_key = stores.keys.known(plain), stores.keys.known(new)
    assert old_key is not None
    assert new_key is not None
    assert (new_key.account_id, new_key.number) == (old_key.account_id, answer.json["key_id"])


@pytest.mark.parametrize("tail", [b"", b"\0"])
async def test_with_an_overlap_both_open(api: Api, plain: str, tail: bytes) -> None:
    body = b'{"overlap_minutes": 5}' + tail
    answer = await api.bare("POST", PATH, headers={"X-API-Key": plain}, body=body)
    await asyncio.sleep(0.6)
    assert await opens(api, plain)
    assert await opens(api, answer.json["api_key"])


@pytest.mark.parametrize("minutes", [0, 5])
async def test_of_two_at_once_one_gets_a_key(
    api: Api, stores: Stores, plain: str, minutes: int
) -> None:
    calls = (
        api.bare("POST", PATH, headers={"X-API-Key": plain}, json={"overlap_minutes": minutes})
        for _ in range(3)
    )
    codes = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert codes[0] == 200
    assert codes.count(200) == 1
    assert set(codes) <= {200, 401, 409}
    assert len(stores.keys.of_account(1)) == 2


async def test_three_an_hour_are_enough_for_an_account(api: Api, plain: str) -> None:
    codes = []
    for _ in range(4):
        answer = await api.bare("POST", PATH, headers={"X-API-Key": plain})
        codes.append(answer.status_code)
        plain = answer.json.get("api_key", plain)
    assert codes == [200, 200, 200, 429]


async def test_ten_a_day_are_enough_for_an_account_however_they_are_spread(
    redis_client: "redis.Redis",
) -> None:
    day = SeldomCalls(redis_client, "rotate", RateLimitItemPerHour(3), RateLimitItemPerDay(10))
    taken = []
    with time_machine.travel("2026-03-11T00:30:00Z", tick=False) as clock:
        for _ in range(24):
            for _ in range(4):
                with suppress(TooManyRequests):
                    await day.count("account-1")
                    taken.append(time.time())
            clock.shift(3_601)
        assert len(taken) == 10
        assert [taken.count(at) for at in dict.fromkeys(taken)] == [3, 3, 3, 1]
        clock.shift(86_400)
        await day.count("account-1")


async def test_the_account_is_told_without_the_key(api: Api, stores: Stores, plain: str) -> None:
    answer = await api.bare("POST", PATH, headers={"X-API-Key": plain})
    [mail] = stores.outbox.list()
    assert mail.kind is MailKind.ROTATED
    assert mail.facts["address"]
    for secret in (plain, answer.json["api_key"]):
        assert secret not in str(mail)


@pytest.mark.parametrize("body", [{"overlap_minutes": 1_441}, {"overlap": 1}, []])
async def test_what_cannot_be_is_refused(api: Api, plain: str, body: object) -> None:
    answer = await api.bare("POST", PATH, headers={"X-API-Key": plain}, json=body)
    assert answer.status_code == 422
    assert await opens(api, plain)


async def test_the_owners_own_key_is_replaced_by_its_file_only(api: Api, stores: Stores) -> None:
    plain, _ = stores.keys.create("owner", FILE_LABEL)
    answer = await api.bare("POST", PATH, headers={"X-API-Key": plain})
    assert (answer.status_code, answer.json["error"]) == (409, "conflict")
    assert await opens(api, plain)
