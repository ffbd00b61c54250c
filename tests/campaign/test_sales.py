"""A running server that sells: payments while no worker works, keys that end under open sockets."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.measure import percentile
from bench.running_tickcast import RunningTickcast
from core.clock.times import now_ms
from storage.access.access_keys import SUBSCRIBER, AccessKey
from storage.accounts.accounts import NewAccount
from storage.sales.webhooks import WebhookState
from storage.stores import Stores, open_stores
from tests.e2e.conftest import wait_for
from tests.e2e.faults.test_kills import kill
from tests.payments import DAY, PRODUCT, SECRET, eduzz, eduzz_contract, sign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EVENTS, TIMES, AT_ONCE, SOCKETS = 300, 3, 10, 40


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTickcast]:
    """A server that sells."""
    products = f'{{"{PRODUCT}": {{"plan": "pro"}}}}'
    folder = tmp_path_factory.mktemp("shop") / "var"
    with RunningTickcast(folder, eduzz_secrets=SECRET, eduzz_products=products) as running:
        yield running


@pytest.fixture
def stores(shop: RunningTickcast) -> Iterator[Stores]:
    """The server's stores."""
    stores = open_stores(shop.settings)
    yield stores
    stores.close()


def payment(number: int) -> bytes:
    """Return the event of a buyer of his own."""
    now, email = now_ms() // 1_000 * 1_000, f"b{number}@x.example"
    named = {"contract": f"c{number}", "email": email}
    told = eduzz_contract("upToDate", now, next_due=now + 31 * DAY, **named)
    return eduzz("contract_updated", told, sent=now, event_id=f"event-{number}")


async def post_all(url: str, bodies: list[bytes]) -> list[tuple[float, int, str]]:
    """Post bodies, so many at once; returns ms, status and what was said of each."""
    gate, found = asyncio.Semaphore(AT_ONCE), list[tuple[float, int, str]]()

    async def post(http: httpx.AsyncClient, body: bytes) -> None:
        async with gate:
            began = time.perf_counter()
            answer = await http.post(
                "/webhooks/eduzz", content=body, headers={"x-signature": sign(body)}
            )
            took = 1_000 * (time.perf_counter() - began)
            found.append((took, answer.status_code, answer.json().get("status", "")))

    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        await asyncio.gather(*(post(http, body) for body in bodies))
    return found


def test_payments_are_taken_within_a_second_while_no_worker_works_and_none_is_lost(
    shop: RunningTickcast, stores: Stores
) -> None:
    [worker, *_] = shop.processes("worker@")
    os.kill(worker, signal.SIGSTOP)
    bodies = [payment(number) for number in range(EVENTS)]
    try:
        answers = asyncio.run(post_all(shop.url, bodies * TIMES))
        assert stores.webhooks.counts()[WebhookState.ACCEPTED] == EVENTS
    finally:
        os.kill(worker, signal.SIGCONT)
    took = [one[0] for one in answers]
    print(f"\n{len(answers)} payments, {AT_ONCE} at once, no worker: p50 "
          f"{percentile(took, 0.5):.0f}, p99 {percentile(took, 0.99):.0f} ms")  # fmt: skip
    assert {one[1] for one in answers} == {200}
    assert [one[2] for one in answers].count("accepted") == EVENTS
    for _ in range(3):
        wait_for(lambda: shop.processes("worker@"), 60)
        kill(shop, "worker")
        time.sleep(1)
    wait_for(lambda: stores.webhooks.counts()[WebhookState.APPLIED] == EVENTS, 120)
    accounts = stores.accounts.list()
    assert len(accounts) == EVENTS
    assert {len(account.entitlements) for account in accounts} == {1}
    assert len(stores.outbox.list(limit=2 * EVENTS)) == EVENTS
    assert percentile(took, 0.99) < 1_000


WAYS = ("revoked", "rotated", "plan ended", "plan's own end")


def end(stores: Stores, key: AccessKey, way: str) -> None:
    """End a key in one of the ways; by its plan's own end it ends by itself."""
    if way == "revoked":
        stores.keys.revoke(key.id)
    elif way == "rotated":
        stores.keys.rotate(key.id)
    elif way == "plan ended":
        stores.accounts.end(key.account_id or 0)


async def closed_after(socket: ClientConnection, ended: float) -> tuple[float, int]:
    """Return the milliseconds from an end to the close of a socket, and its code."""
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else 0
        return 1_000 * (time.time() - ended), code


async def hold(shop: RunningTickcast, stores: Stores, way: str) -> list[tuple[float, int]]:
    """Open sockets with a key and end that; returns when each was closed."""
    soon = now_ms() + 6_000 if way == "plan's own end" else None
    account = stores.accounts.create(NewAccount(user_name=way), "pro", soon)
    plain, key = stores.keys.create(SUBSCRIBER, way, account_id=account.id)
    address = shop.url.replace("http", "ws") + "/ws/stream"
    headers = {"X-API-Key": plain}
    sockets = [await connect(address, additional_headers=headers) for _ in range(SOCKETS)]
    await asyncio.sleep(1)
    end(stores, key, way)
    ended = time.time() if soon is None else soon / 1_000
    return await asyncio.gather(*(closed_after(socket, ended) for socket in sockets))


@pytest.mark.parametrize("way", WAYS)
def test_sockets_end_within_a_second_of_their_key(
    shop: RunningTickcast, stores: Stores, way: str
) -> None:
    closed = asyncio.run(hold(shop, stores, way))
    took = [one[0] for one in closed]
    print(f"\n{SOCKETS} sockets, {way}: closed after at most {max(took):.0f} ms")
    assert {one[1] for one in closed} == {4_401}
    assert max(took) < 1_000
