"""Keys of accounts: why one opens nothing any more, and how often all of an account may call."""

import asyncio

import pytest

from core.clock.times import now_ms
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api

SCAN = "/api/scan"


def subscribe(
    stores: Stores, keys: int = 1, ends_at: int | None = None, rate: int = 300
) -> tuple[int, list[dict[str, str]]]:
    """Make an account; return its id, and headers with each of its keys."""
    told = NewAccount(user_name="robot", rate_limit_per_min=rate)
    account = stores.accounts.create(told, "pro", ends_at)
    made = [stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0] for _ in range(keys)]
    return account.id, [{"X-API-Key": plain} for plain in made]


async def test_who_holds_the_whole_key_is_told_why_it_opens_no_more(
    api: Api, stores: Stores
) -> None:
    account, (gone, ended) = subscribe(stores, keys=2)
    stores.keys.revoke(next(k.id for k in stores.keys.list() if k.account_id == account))
    stores.accounts.end(account)
    for headers, error, word in ((gone, "key_revoked", "revoked"), (ended, "key_expired", "until")):
        answer = await api.bare("GET", SCAN, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (401, error)
        assert word in answer.json["detail"]
        assert answer.headers["WWW-Authenticate"].startswith("ApiKey")
    almost = {"X-API-Key": ended["X-API-Key"][:-1] + "!"}
    stranger = await api.bare("GET", SCAN, headers=almost)
    assert (stranger.status_code, stranger.json["error"]) == (401, "unauthorized")


async def test_a_plan_that_ends_is_seen_at_its_instant(api: Api, stores: Stores) -> None:
    _, (headers,) = subscribe(stores, ends_at=now_ms() + 700)
    assert (await api.bare("GET", SCAN, headers=headers)).status_code == 200
    await asyncio.sleep(0.75)
    answer = await api.bare("GET", SCAN, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (401, "key_expired")


async def test_a_plan_that_begins_again_opens_the_same_key(api: Api, stores: Stores) -> None:
    account, (headers,) = subscribe(stores)
    stores.accounts.end(account)
    assert (await api.bare("GET", SCAN, headers=headers)).status_code == 401
    stores.accounts.change_plan(account, "basic")
    assert (await api.bare("GET", SCAN, headers=headers)).status_code == 200


async def test_an_ended_key_still_reads_what_is_public(api: Api, stores: Stores) -> None:
    account, (headers,) = subscribe(stores)
    stores.accounts.end(account)
    assert (await api.bare("GET", "/docs", headers=headers)).status_code == 200


async def test_of_parallel_calls_over_two_keys_and_all_routes_exactly_the_limit_pass(
    api: Api, stores: Stores
) -> None:
    _, keys = subscribe(stores, keys=2)
    paths = (SCAN, "/api/history/predictions")
    calls = [api.bare("GET", paths[n // 2 % 2], headers=keys[n % 2]) for n in range(330)]
    answers = await asyncio.gather(*calls)
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(429)) == (300, 30)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Limit"] == "300"
    assert refused.headers["X-RateLimit-Remaining"] == "0"


async def test_an_account_may_have_a_limit_of_its_own_and_others_keep_theirs(
    api: Api, stores: Stores
) -> None:
    _, (few,) = subscribe(stores, rate=2)
    _, (other,) = subscribe(stores)
    answers = [(await api.bare("GET", SCAN, headers=few)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert (await api.bare("GET", SCAN, headers=other)).headers["X-RateLimit-Remaining"] == "299"
    assert "X-RateLimit-Limit" not in (await api("GET", SCAN)).headers


@pytest.mark.parametrize("path", ["/tasks", "/watch", "/quarantine/coinbase", "/slots", "/ledger"])
async def test_a_subscriber_sees_nothing_of_what_is_the_operator_s(
    api: Api, stores: Stores, path: str
) -> None:
    _, (headers,) = subscribe(stores)
    answer = await api.bare("GET", path, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (403, "forbidden")
