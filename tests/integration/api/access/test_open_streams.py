"""What stays open ends with its key, and no key holds more open than it may."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import httpx
import pytest
from falcon import WebSocketDisconnected
from falcon.testing import ASGIConductor

from api.access.open_streams import OpenStreams, until_revoked
from api.app import Application
from core.clock.times import now_ms
from core.errors import TooManyRequests
from core.process.shared_counts import SharedCounts
from core.settings import Settings
from storage.access.access_keys import AccessKey
from storage.accounts.accounts import NewAccount
from storage.sales.account_admin import AccountAdmin
from storage.stores import Stores


def job(stores: Stores) -> str:
    """A task that nobody works on."""
    return stores.jobs.create("fetch_candles", [("fetch_candles", "fetch")], {}).id


async def opened(counts: SharedCounts, holder: str) -> None:
    """Wait until a key or an account holds a stream open."""
    while not counts.open(f"streams of {holder}"):
        await asyncio.sleep(0.01)


async def test_an_event_stream_ends_soon_after_its_keys_revocation(
    web: httpx.AsyncClient, stores: Stores, counts: SharedCounts
) -> None:
    plain, made = stores.keys.create("reader", "test")
    path = f"/tasks/{job(stores)}/events"
    following = asyncio.create_task(web.get(path, headers={"X-API-Key": plain}))
    await asyncio.wait_for(opened(counts, made.id), 30)
    await asyncio.sleep(0.3)
    assert not following.done()
    stores.keys.revoke(made.id)
    answer = await asyncio.wait_for(following, 5)
    assert answer.text.count("event: task") == 1


WAYS = ("revoked", "rotated", "plan ended", "plan's own end", "account closed", "key's own end")


def end(stores: Stores, key: AccessKey, way: str) -> None:
    """End a subscriber's key; with its own end it ends by itself."""
    account_id = key.account_id or 0
    if way == "revoked":
        stores.keys.revoke(key.id)
    elif way == "rotated":
        stores.keys.rotate(key.id)
    elif way == "plan ended":
        stores.accounts.end(account_id)
    elif way == "account closed":
        AccountAdmin(stores.engine).close(account_id)


@pytest.mark.parametrize("way", WAYS)
async def test_a_subscriber_s_socket_ends_with_its_key_whatever_ends_that(
    app: Application, stores: Stores, way: str
) -> None:
    soon = now_ms() + 2_500
    told = NewAccount(user_name="Ana")
    plan_ends = soon if way == "plan's own end" else None
    account = stores.accounts.create(told, "pro", plan_ends)
    key_ends = soon if way == "key's own end" else None
    plain, key = stores.keys.create("subscriber", "Ana", key_ends, account_id=account.id)
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": plain}) as ws,
    ):
        await asyncio.sleep(0.3)
        assert not ws.closed
        end(stores, key, way)
        with pytest.raises(WebSocketDisconnected):
            await asyncio.wait_for(ws.receive_text(), 5)
        assert ws.close_code == 4_401


async def test_a_socket_outlives_a_rotation_as_long_as_both_keys_open(
    app: Application, stores: Stores
) -> None:
    account = stores.accounts.create(NewAccount(user_name="Ana"), "pro")
    plain, key = stores.keys.create("subscriber", "Ana", account_id=account.id)
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": plain}) as ws,
    ):
        stores.keys.rotate(key.id, overlap_ms=2_000)
        await asyncio.sleep(1.2)
        assert not ws.closed
        with pytest.raises(WebSocketDisconnected):
            await asyncio.wait_for(ws.receive_text(), 3)


async def test_an_event_stream_ends_when_its_key_expires(
    web: httpx.AsyncClient, stores: Stores
) -> None:
    plain, _ = stores.keys.create("reader", "test", now_ms() + 700)
    path = f"/tasks/{job(stores)}/events"
    answer = await asyncio.wait_for(web.get(path, headers={"X-API-Key": plain}), 5)
    assert answer.text.count("event: task") == 1


async def test_the_keys_of_an_account_share_its_places(
    app: Application, stores: Stores, settings: Settings
) -> None:
    account = stores.accounts.create(NewAccount(user_name="Ana"), "pro")
    first, second = (
        {"X-API-Key": stores.keys.create("subscriber", "Ana", account_id=account.id)[0]}
        for _ in range(2)
    )
    async with ASGIConductor(app) as conductor, contextlib.AsyncExitStack() as held:
        for _ in range(settings.key_streams):
            await held.enter_async_context(conductor.simulate_ws("/ws/stream", headers=first))
        await asyncio.sleep(0)
        with pytest.raises(WebSocketDisconnected):
            async with conductor.simulate_ws("/ws/stream", headers=second):
                pass


async def test_a_stream_ends_though_events_never_stop() -> None:
    async def events() -> AsyncGenerator[int]:
        while True:
            yield 1
            await asyncio.sleep(0.001)

    asked = 0

    async def opens() -> bool:
        nonlocal asked
        asked += 1
        return asked < 3

    began = asyncio.get_running_loop().time()
    count = 0
    async for _ in until_revoked(events(), opens, 0.05):
        count += 1
    assert count > 3
    assert asyncio.get_running_loop().time() - began >= 0.15


async def test_a_key_opens_only_so_many_sockets_and_gets_its_places_back(
    app: Application, stores: Stores, settings: Settings
) -> None:
    plain, _ = stores.keys.create("reader", "test")
    headers, most = {"X-API-Key": plain}, settings.key_streams
    async with ASGIConductor(app) as conductor:
        for _ in range(3):
            held = [conductor.simulate_ws("/ws/stream", headers=headers) for _ in range(most)]
            for socket in held:
                await socket.__aenter__()
            await asyncio.sleep(0)
            with pytest.raises(WebSocketDisconnected):
                async with conductor.simulate_ws("/ws/stream", headers=headers):
                    pass
            for socket in held:
                await socket.__aexit__(None, None, None)
            await asyncio.sleep(1.2)


def test_places_are_counted_by_key() -> None:
    streams = OpenStreams(1, SharedCounts())
    with streams.one_more("a"):
        with pytest.raises(TooManyRequests):
            streams.check("a")
        streams.check("b")
    streams.check("a")


async def test_of_many_that_open_at_once_no_more_stay_than_may(
    app: Application, stores: Stores, settings: Settings
) -> None:
    plain, _ = stores.keys.create("reader", "test")
    most = settings.key_streams

    async def hold(conductor: ASGIConductor) -> bool:
        try:
            async with conductor.simulate_ws("/ws/stream", headers={"X-API-Key": plain}) as socket:
                await asyncio.sleep(0.5)
                return not socket.closed
        except WebSocketDisconnected:
            return False

    async with ASGIConductor(app) as conductor:
        stayed = await asyncio.gather(*(hold(conductor) for _ in range(most + 30)))
    assert most - 30 <= sum(stayed) <= most
