"""Terminals say that they live; every call of a robot says so too."""

import asyncio
import json
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from core.clock.times import now_ms
from storage.accounts.accounts import NewAccount
from storage.executions.execution_tables import heartbeats, skipped_signals
from storage.executions.heartbeats import MOST_TERMINALS, Heartbeats, Said
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import terminals_of

pytestmark = pytest.mark.clock


async def beat(api: Api, **told: Any) -> Any:
    """Return the answer to a heartbeat."""
    return await api("POST", "/api/ea/heartbeat", body=json.dumps(told).encode() + b"\0")


async def test_a_heartbeat_tells_how_the_clocks_stand(api: Api) -> None:
    now = now_ms() // 1_000
    answer = await beat(api, server_time=now + 10_800, gmt_time=now, version="1.0", build=4755)
    assert answer.status_code == 200
    answered = answer.json["server_time_unix"]
    assert now <= answered <= now_ms() // 1_000
    assert answer.json == {
        "ok": True, "server_time_unix": answered, "utc_offset_s": 10_800, "warnings": [],
        "min_version": None,
    }  # fmt: skip
    odd = await beat(api, server_time=now + 10_800 + 400, gmt_time=now - 91)
    assert (odd.json["utc_offset_s"], odd.json["warnings"]) == (None, ["gmt_clock", "server_clock"])
    assert (await beat(api)).json["utc_offset_s"] is None


async def test_terminals_of_an_account_are_remembered_apart(api: Api, stores: Stores) -> None:
    for login in (1, 2):
        account = {"login": login, "server": "Broker-Demo", "demo": True}
        await beat(api, account=account, version="1.2", open_positions=3, unknown=1)
    one, two = sorted(stores.heartbeats.seen(0), key=lambda seen: seen.terminal)
    assert (one.terminal, two.terminal) == ("Broker-Demo:1", "Broker-Demo:2")
    assert (one.said.version, one.said.open_positions, one.said.demo) == ("1.2", 3, True)
    assert abs(one.seen_at - now_ms()) < 60_000


async def test_terminals_are_listed_by_account_with_a_hint_of_their_login(
    api: Api, stores: Stores
) -> None:
    now = now_ms() // 1_000
    account = stores.accounts.create(NewAccount(user_name="a"), "pro").id
    headers = {"X-API-Key": stores.keys.create("subscriber", "a", account_id=account)[0]}
    told = {"account": {"login": 1234567, "server": "A:B"}, "version": "1.0", "server_time": now}
    await api("POST", "/api/ea/heartbeat", body=json.dumps(told).encode(), headers=headers)
    await beat(api, account={"login": 5, "server": "Own"})
    (mine,) = (await api("GET", "/api/account/terminals", headers=headers)).json["terminals"]
    assert (mine["account_id"], mine["server"], mine["login_hint"]) == (account, "A:B", "…567")
    assert (mine["status"], mine["version"], mine["utc_offset_s"]) == ("online", "1.0", 0)
    both = (await api("GET", "/api/account/terminals")).json["terminals"]
    assert {one["server"] for one in both} == {"A:B", "Own"}


async def test_scans_and_reports_are_heartbeats_too(api: Api, stores: Stores) -> None:
    account = stores.accounts.create(NewAccount(user_name="a"), "pro").id
    headers = {"X-API-Key": stores.keys.create("subscriber", "a", account_id=account)[0]}
    of_a_page = headers | {"Sec-Fetch-Site": "same-origin"}
    assert (await api("GET", "/api/scan", headers=of_a_page)).status_code == 200
    assert stores.heartbeats.seen(account) == []
    assert (await api("GET", "/api/scan", headers=headers)).status_code == 200
    assert [one.terminal for one in await terminals_of(stores, account)] == [""]
    assert (await api("GET", "/api/account/executions", headers=headers)).status_code == 200
    assert stores.heartbeats.accounts() == [account]


async def test_a_robot_that_goes_on_asking_goes_on_being_seen(api: Api, stores: Stores) -> None:
    account = stores.accounts.create(NewAccount(user_name="a"), "pro").id
    headers = {"X-API-Key": stores.keys.create("subscriber", "a", account_id=account)[0]}
    seen = []
    for later in (0, 30, 50, 200):
        with time_machine.travel(now_ms() / 1_000 + later, tick=False):
            assert (await api("GET", "/api/scan", headers=headers)).status_code == 200
            for _ in range(250):  # once the answer has left
                if [one.seen_at for one in stores.heartbeats.seen(account)] == [now_ms()]:
                    break
                await asyncio.sleep(0.02)
            seen += [one.seen_at == now_ms() for one in stores.heartbeats.seen(account)]
    assert seen == [True] * 4


async def test_skipped_signals_are_kept_once_with_their_reason(api: Api, stores: Stores) -> None:
    skipped = [{"pred_id": 5, "why": "spread"}, {"pred_id": 6, "why": "a new word"}]
    for _ in range(2):
        assert (await beat(api, skipped=skipped)).status_code == 200
    await beat(api, skipped=[{"pred_id": 5, "why": "late"}])
    with stores.engine.connect() as connection:
        rows = connection.execute(select(skipped_signals.c.pred_id, skipped_signals.c.why)).all()
    assert sorted(map(tuple, rows)) == [(5, "spread"), (6, "other")]


@pytest.mark.parametrize(
    "told", [{"platform": "mt6"}, {"build": -1}, {"skipped": [{"pred_id": "x"}]}, {"account": 1}]
)
async def test_what_is_no_heartbeat_is_refused_by_name(api: Api, told: dict[str, Any]) -> None:
    answer = await beat(api, **told)
    assert (answer.status_code, next(iter(told)) in answer.json["detail"]) == (422, True)


def test_what_was_seen_outlives_redis(stores: Stores) -> None:
    stores.heartbeats.note(3, "A:1", Said(version="1"))
    assert stores.heartbeats.flush() == 1
    assert stores.heartbeats.flush() == 0
    stores.redis.flushall()
    (seen,) = stores.heartbeats.seen(3)
    assert (seen.terminal, seen.said.version) == ("A:1", "1")
    assert stores.heartbeats.accounts() == [3]


def test_an_account_cannot_fill_the_store_with_terminals(stores: Stores) -> None:
    instant = now_ms()
    store = Heartbeats(stores.redis, stores.engine, clock=lambda: instant)
    for login in range(MOST_TERMINALS + 3):
        instant += 1_000
        store.note(3, f"A:{login}", Said())
    assert len(store.seen(3)) == MOST_TERMINALS
    assert store.seen(3)[0].terminal == f"A:{MOST_TERMINALS + 2}"
    store.flush()
    with stores.engine.connect() as connection:
        assert len(connection.execute(select(heartbeats)).all()) == MOST_TERMINALS


def test_who_polls_every_second_is_noted_every_few_and_keeps_what_was_said(stores: Stores) -> None:
    instant = now_ms()
    store = Heartbeats(stores.redis, stores.engine, clock=lambda: instant)
    store.note(3, "", Said(version="2"))
    first = instant
    for _ in range(5):
        instant += 1_000
        store.note(3)
        assert store.seen(3)[0].seen_at in (first, first + 5_000)
    (seen,) = store.seen(3)
    assert (seen.seen_at, seen.said.version) == (first + 5_000, "2")


def test_accounts_that_are_noted_together_are_each_seen_and_keep_what_was_said(
    stores: Stores,
) -> None:
    instant = now_ms()
    store = Heartbeats(stores.redis, stores.engine, clock=lambda: instant)
    store.note(3, "", Said(version="2"))
    instant += 5_000
    store.note_all([3, 4, 5])
    seen = {account: store.seen(account)[0] for account in (3, 4, 5)}
    assert {one.seen_at for one in seen.values()} == {instant}
    assert [seen[account].said.version for account in (3, 4)] == ["2", None]
    assert store.accounts() == [3, 4, 5]
