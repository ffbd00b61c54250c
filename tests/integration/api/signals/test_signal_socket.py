"""`/ws/signals`: what happens in order, and nothing missed by whoever connects again."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec
import pytest
from falcon import WebSocketDisconnected
from falcon.testing import ASGIConductor

from api.app import Application, create_app
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from core.series import Series
from core.settings import Settings
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.signal_rows import SealedSignal
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.integration.api.robots.conftest import EURUSD, GOLD, signal
from tests.integration.api.robots.shape_text import Shape
from tests.integration.api.signals.test_engine import SIGNAL
from tests.made_signals import signal_data

HOURLY, DOLLAR = (msgspec.structs.replace(GOLD, symbol=symbol) for symbol in ("EURUSD", "USDJPY"))
SLOTS_REFUSED = ("EURUSD M15", "USDJPY M15", "USDJPY H1")
CHANGE = """{type:amd_change, data:{symbol:str, old_phase:str, new_phase:str, timeframe:str,
    timestamp:iso, platform:str}, seq:int}"""
EXPIRED = """{type:expired, data:{signal_id:str, id:str, symbol:str, timeframe:str, rr_config:str,
    valid_until:iso, platform:str}, seq:int}"""
SHAPES = {
    "signal": f"{{type:signal, data:{SIGNAL}, seq:int}}",
    "amd_change": CHANGE,
    "expired": EXPIRED,
}


def seal(stores: Stores, target: ForecastTarget, ago: int, valid_ms: int = 600_000) -> SealedSignal:
    """Seal a signal as the schedule does, from a candle that closed so many before."""
    one = signal(target, ago)
    data = signal_data(
        id=one.signal_id, platform=target.platform, symbol=target.symbol,
        resolution=target.resolution, horizon=target.horizon,
    )  # fmt: skip
    told = {one.signal_id: (data, now_ms() + valid_ms)}
    clock = stores.sealed._clock
    stores.sealed._clock = lambda: one.first_opening * 1_000 + 1
    try:
        also = partial(stores.signal_events.enter, told=told)
        (row,) = stores.sealed.append([one], also=also).rows
    finally:
        stores.sealed._clock = clock
    return row


@pytest.fixture
def sealing(stores: Stores) -> Stores:
    """Stores in which signals of any candle can be sealed: EURUSD in quarters, gold by the hour."""
    stores.slots.offer([EURUSD, GOLD])
    with writing(stores.engine) as connection:
        append_only.lift(connection)
    return stores


@contextlib.asynccontextmanager
async def listening(app: Application, key: str, since: int | None = None) -> AsyncIterator[Any]:
    """Open the socket."""
    query = None if since is None else f"since={since}"
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/signals", headers={"X-API-Key": key}, query_string=query) as ws,
    ):
        yield ws


async def receive(ws: Any) -> Any:
    """Return the next frame, of the right shape if it is an event."""
    told = json.loads(await asyncio.wait_for(ws.receive_text(), 20))
    shape = SHAPES.get(told["type"])
    assert shape is None or list(Shape.parse(shape).problems(told)) == []
    return told


async def say(ws: Any, **command: Any) -> None:
    await ws.send_text(json.dumps(command))


async def test_what_may_be_entered_comes_first_and_then_all_that_happens_in_order(
    app: Application, key: str, sealing: Stores
) -> None:
    seal(sealing, EURUSD, 3, valid_ms=-1)
    seal(sealing, EURUSD, 2)
    async with listening(app, key) as ws:
        first = await receive(ws)
        assert (first["type"], first["seq"], first["data"]["symbol"]) == ("signal", 2, "EURUSD")
        assert first["data"]["ledger"]["seq"] == 2
        seal(sealing, GOLD, 1)
        sealing.signal_events.expire()
        series = Series("mt5", "XAUUSD", 3_600)
        sealing.signal_events.note_phase(series, "none", "manipulation", 3_600)
        told = [await receive(ws) for _ in range(3)]
    assert [(one["type"], one["seq"]) for one in told] == [
        ("signal", 3),
        ("expired", 4),
        ("amd_change", 5),
    ]
    assert (told[2]["data"]["old_phase"], told[2]["data"]["timeframe"]) == ("none", "1h")


async def test_a_reader_chooses_markets_timeframes_and_exits_and_where_to_go_on(
    app: Application, key: str, sealing: Stores
) -> None:
    for ago in (3, 2):
        seal(sealing, EURUSD, ago)
        seal(sealing, GOLD, ago)
    async with listening(app, key) as ws:
        await say(ws, action="subscribe", symbols=["xau/usd", "XAUUSX"], timeframes=["H1"])
        fault, said = await receive(ws), await receive(ws)
        assert (fault["type"], fault["error"]) == ("error", "not_found")
        assert (said["type"], said["timeframes"]) == ("subscribed", ["1h"])
        assert [(await receive(ws))["seq"] for _ in range(2)] == [2, 4]
        await say(ws, action="subscribe", since=1, rr_configs=["rr_2_1"])
        told = [await receive(ws) for _ in range(4)]
        assert {one["type"] for one in told} == {"signal", "subscribed"}
        assert [one["seq"] for one in told if one["type"] == "signal"] == [2, 3, 4]
        for wrong in ({"action": "buy"}, {"action": "subscribe", "timeframes": ["7m"]}):
            await say(ws, **wrong)
            assert (await receive(ws))["type"] == "error"
        await say(ws, action="ping")
        assert (await receive(ws))["type"] == "pong"


async def test_a_slot_outside_the_plan_is_refused_by_name_and_never_told(
    app: Application, stores: Stores, sealing: Stores
) -> None:
    sealing.slots.offer([EURUSD, HOURLY, GOLD, DOLLAR])
    for ago in (3, 2):
        for target in (EURUSD, HOURLY, GOLD, DOLLAR):
            seal(sealing, target, ago)
    account = stores.accounts.create(NewAccount(user_name="A"), "basic")
    plain, _ = stores.keys.create("subscriber", "A", account_id=account.id)
    async with listening(app, plain) as ws:
        await say(ws, action="subscribe", symbols=["EURUSD", "USDJPY"], timeframes=["M15", "H1"])
        said = [await receive(ws) for _ in range(4)]
        refused = ["not_in_plan", "not_found", "not_in_plan", None]
        assert [one.get("error") for one in said] == refused
        assert all(slot in one["detail"] for slot, one in zip(SLOTS_REFUSED, said, strict=False))
        await say(ws, action="subscribe", since=0)
        signals: dict[int, tuple[str, str]] = {}
        while len(signals) < 4:
            if (told := await receive(ws))["type"] == "signal":
                signals[told["seq"]] = told["data"]["symbol"], told["data"]["timeframe"]
        assert set(signals.values()) == {("EURUSD", "1h"), ("XAUUSD", "1h")}


async def test_a_number_that_was_never_given_begins_with_what_may_be_entered(
    app: Application, key: str, sealing: Stores
) -> None:
    seal(sealing, EURUSD, 2)
    async with listening(app, key, since=99) as ws:
        assert (await receive(ws))["error"] == "unknown_seq"
        assert (await receive(ws))["seq"] == 1
    sealing.signal_events.note_phase(Series("mt5", "EURUSD", 900), "none", "distribution", 900)
    sealing.signal_events.purge(now_ms() + 1)
    async with listening(app, key, since=0) as ws:
        assert (await receive(ws))["error"] == "forgotten"
        assert (await receive(ws))["seq"] == 2


async def test_a_subscriber_hears_what_the_plan_shows(app: Application, sealing: Stores) -> None:
    account = sealing.accounts.create(NewAccount(user_name="João"), "basic")
    key = sealing.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]
    seal(sealing, EURUSD, 1)
    seal(sealing, GOLD, 1)
    quarters = Series("mt5", "EURUSD", 900)
    sealing.signal_events.note_phase(quarters, "none", "distribution", 900)
    async with listening(app, key, since=0) as ws:
        assert (await receive(ws))["data"]["symbol"] == "XAUUSD"
        await say(ws, action="ping")
        assert (await receive(ws))["type"] == "pong"


async def test_a_number_that_is_none_closes_the_socket(app: Application, key: str) -> None:
    with pytest.raises(WebSocketDisconnected) as closed:
        async with listening(app, key, since=-1) as ws:
            await asyncio.wait_for(ws.receive_text(), 5)
    assert closed.value.code == 4422


@pytest.mark.parametrize("reconnects", [8, pytest.param(50, marks=pytest.mark.slow)])
async def test_reconnects_to_one_api_and_another_miss_no_signal_and_repeat_none(
    stores: Stores, settings: Settings, sealing: Stores, key: str, reconnects: int
) -> None:
    """Signals are sealed all the while; the api is made anew as after a kill, without a word."""
    count = 2 * reconnects

    def make_api() -> Application:
        stream = open_stream_stores(settings, stores.redis)
        celery = make_celery(settings.broker_address)
        enqueue = Enqueue(stores.jobs, stores.uploads, celery)
        return create_app(stores, stream, enqueue, EnqueueStream(celery, stream.intake), settings)

    async def seal_all() -> None:
        for ago in range(count, 0, -1):
            await asyncio.to_thread(seal, stores, EURUSD, ago)
            await asyncio.sleep(0)

    sealed, heard, since = asyncio.create_task(seal_all()), list[int](), 0
    apis = [make_api(), make_api()]
    for turn in range(reconnects):
        async with listening(apis[turn % 2], key, since=since) as ws:
            for _ in range(2):
                told = await receive(ws)
                heard.append(told["data"]["ledger"]["seq"])
                since = told["seq"]
    await sealed
    assert heard == list(range(1, count + 1))


async def test_the_sockets_are_described(app: Application) -> None:
    async with ASGIConductor(app) as conductor:
        document = (await conductor.simulate_get("/asyncapi.json")).json
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"/ws/stream", "/ws/signals", "/ingest/{platform}"}
    assert document["asyncapi"] == "3.0.0"
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text or name.endswith("Frame")
    for kind in ("signal", "amd_change", "expired"):
        assert f'"enum": ["{kind}"]' in text
