"""Keys of accounts: why one opens nothing any more, and how often all of an account may call."""

import asyncio

import pytest
from sqlalchemy import update

from core.clock.times import format_time, now_ms
from storage.access.access_keys import FEEDER, SUBSCRIBER
from storage.accounts.account_tables import entitlements
from storage.accounts.accounts import NewAccount
from storage.database import writing
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


async def test_a_feeder_feeds_its_own_platform_and_does_nothing_else(
    api: Api, stores: Stores
) -> None:
    plain = stores.keys.create(FEEDER, "terminal", scopes=["ingest:mt5"])[0]
    codes = {}
    for path in ("/ingest/mt/mt5", "/ingest/mt/other", "/ingest/mt5", "/ingest/candles/mt5",
                 "/ingest/mt/mt5/clock"):  # fmt: skip
        answer = await api.bare("POST", path, headers={"X-API-Key": plain}, json={})
        codes[path] = answer.status_code
    assert codes.pop("/ingest/mt/mt5") == 422
    assert set(codes.values()) == {403}
    assert (await api.bare("GET", SCAN, headers={"X-API-Key": plain})).status_code == 403


def report(ticket: int, **other: object) -> dict[str, object]:
    """Return what a terminal tells of a position that was opened ten minutes ago."""
    told = {"ticket": ticket, "symbol": "EURUSD", "timeframe": "H1", "signal": "BUY",
            "opened_at": format_time(now_ms() - 600_000), "entry_price": 1.08}  # fmt: skip
    return told | other


async def test_an_ended_plan_may_report_its_open_positions_and_nothing_else(
    api: Api, stores: Stores
) -> None:
    account, (headers, other) = subscribe(stores, keys=2)

    async def post(ticket: int, keys: dict[str, str] = headers) -> tuple[int, str | None]:
        body = report(ticket, closed_at=format_time(now_ms()), exit_price=1.09, pnl=1.0)
        answer = await api.bare("POST", "/api/executions", headers=keys, json=body)
        return answer.status_code, answer.json.get("error")

    opened = await api.bare("POST", "/api/executions", headers=headers, json=report(7))
    assert opened.status_code == 201
    stores.accounts.end(account)
    await asyncio.sleep(0.6)
    assert await post(7) == (201, None)
    assert await post(8) == (401, "key_expired")
    for method, path in (("GET", SCAN), ("POST", "/api/ea/heartbeat")):
        answer = await api.bare(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json["error"]) == (401, "key_expired")
    stores.keys.revoke(next(k.id for k in stores.keys.list() if k.account_id == account))
    assert await post(7) == (401, "key_revoked")
    assert await post(7, other) == (201, None)
    long_ago = now_ms() - 31 * 86_400_000
    with writing(stores.engine) as connection:
        connection.execute(update(entitlements).values(starts_at=0, ends_at=long_ago))
    assert await post(7, other) == (401, "key_expired")
