"""Basic sees its three symbols in two lengths on every route and socket; the list is the app's."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import ASGIConductor

from api.app import Application
from core.clock.resolutions import timeframe_code
from core.forecast_target import ForecastTarget
from storage import keys
from storage.access.access_keys import SUBSCRIBER
from storage.ledger.signal_rows import SealedSignal
from storage.stores import Stores
from storage.trades.live import LiveKind
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import BASIC, SLOTS, Join, Subscribed
from tests.made_runs import enter_run, run
from tests.route_table import parameters, path_of, routes

pytestmark = pytest.mark.clock
Slot = tuple[str, str]
LENGTHS = ("timeframe", "tf_code", "tf", "resolution")
# Where the six and nothing else are told without being asked for.
WHOLE = {"/api/scan", "/api/history/predictions", "/api/status", "/api/models"}
OUTSIDE = "USDJPY"


def slot_of(target: ForecastTarget) -> Slot:
    """Return a slot in the words of robots."""
    return target.symbol, timeframe_code(target.resolution)


def told(value: Any) -> Iterator[Slot]:
    """Yield the slots that an answer tells of, those left out that it says are not in the plan."""
    if isinstance(value, dict):
        if value.get("in_plan") is False:
            return
        length = next((value[name] for name in LENGTHS if name in value), None)
        if "symbol" in value and length is not None:
            yield value["symbol"], length
    for inside in value.values() if isinstance(value, dict) else value:
        if isinstance(inside, dict | list):
            yield from told(inside)


def questions(app: Application, document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield template, path and query of all that may be asked of slots, plainly and by name."""
    for method, template in routes(app):
        if method != "GET" or SUBSCRIBER not in app.routes.of(template).roles:
            continue
        names = parameters(document, method, template)
        if "{" not in template:
            yield template, template, {}
        for slot in SLOTS:
            symbol, code = slot_of(slot)
            # A platform that is asked for is the one that slots are offered on.
            samples = {"symbol": symbol, "tf": code, "timeframe": code, "platform": slot.platform}
            asked = {"symbol": symbol, "tf_code": code, "tf": code, "timeframe": code}
            query = {name: value for name, value in asked.items() if name in names}
            if query or "{" in template:
                yield template, path_of(template, samples), query


@pytest.mark.usefixtures("sealed")
async def test_every_route_tells_basic_what_it_tells_pro_of_the_six_slots_and_no_more(
    api: Api, app: Application, stores: Stores, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No worker answers here what is not at hand.
    monkeypatch.setattr("api.http.short_work.PREDICTION_SECONDS", 0.2)
    for number, slot in enumerate(SLOTS):
        enter_run(stores.registry, run(f"run-{number}", slot))
    document = json.loads((await api.bare("GET", "/openapi.json")).text)
    basic, pro = (join(tier, rate_limit_per_min=1_000_000) for tier in ("basic", "pro"))
    seen: dict[str, set[Slot]] = {}
    for template, path, query in questions(app, document):
        mine, every = await basic(path, **query), await pro(path, **query)
        assert every.status_code != 401, path
        if mine.status_code == 403:
            assert mine.json["error"] == "not_in_plan", path
            continue
        slots = set(told(mine.json))
        if every.status_code == 200:
            assert slots == set(told(every.json)) & BASIC, (path, query)
        assert slots <= BASIC, (path, query)
        seen[template] = seen.get(template, set()) | slots
        if template != "/api/models" and OUTSIDE not in (*query.values(), path.split("/")[-2]):
            assert OUTSIDE not in mine.text, (path, query)
    assert {template for template, slots in seen.items() if slots == BASIC} >= WHOLE
    assert (await basic("/api/ea-status")).json["slot_coverage"]["expected"] == len(BASIC)


@pytest.mark.usefixtures("sealed")
async def test_a_route_of_a_slot_answers_basic_for_its_six_only(
    app: Application, join: Join
) -> None:
    basic = join("basic")
    by_slot = {template for _, template in routes(app) if "{symbol}" in template}
    mine = {one for one in by_slot if SUBSCRIBER in app.routes.of(one).roles and "{tf}" in one}
    assert "/api/signals/{symbol}/{tf}" in mine
    for template in mine:
        for slot in SLOTS:
            symbol, code = slot_of(slot)
            answer = await basic(path_of(template, {"symbol": symbol, "tf": code}))
            assert answer.status_code == (200 if (symbol, code) in BASIC else 403), (symbol, code)


class Reader:
    """A socket on which a subscriber hears of slots."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def ask(self, **command: Any) -> Any:
        """Say something; returns what is answered."""
        await self._socket.send_text(json.dumps({"action": "subscribe"} | command))
        return await self.hear()

    async def hear(self) -> Any:
        """Return what is told next."""
        return json.loads(await asyncio.wait_for(self._socket.receive_text(), 10))


async def heard(reader: Reader, count: int) -> set[Slot]:
    """Return the slots of so many signals that are told."""
    signals = [(await reader.hear())["signal"] for _ in range(count)]
    return {(signal["symbol"], signal["timeframe"]) for signal in signals}


async def listening(stores: Stores, wanted: bool) -> None:
    """Wait until the application listens to what is told, or does no longer."""
    nothing = keys.live("none", "NONE"), LiveKind.CANDLES.value
    while bool(stores.redis.publish(*nothing)) != wanted:
        await asyncio.sleep(0.02)


async def spread(stores: Stores, rows: list[SealedSignal]) -> None:
    """Tell of sealed signals once somebody listens."""
    await listening(stores, wanted=True)
    await asyncio.to_thread(stores.board.tell, rows)


def connect(conductor: ASGIConductor, whose: Subscribed) -> Any:
    """Open a socket with an account's key."""
    return conductor.simulate_ws("/ws/stream", headers={"X-API-Key": whose.plain})


async def test_a_socket_tells_basic_of_its_six_slots_and_refuses_every_other_by_name(
    app: Application, stores: Stores, join: Join, sealed: list[SealedSignal]
) -> None:
    async with ASGIConductor(app) as conductor, connect(conductor, join("basic")) as ws:
        reader = Reader(ws)
        for target in SLOTS:
            symbol, code = slot_of(target)
            answer = await reader.ask(
                channels=["signals", "candles"], symbols=[symbol], resolutions=[code]
            )
            if (symbol, code) in BASIC:
                assert answer["slots"] == [{"symbol": symbol, "timeframe": code}]
            else:
                assert (answer["type"], answer["error"]) == ("error", "not_in_plan")
        await spread(stores, sealed)
        assert await heard(reader, len(BASIC)) == BASIC
        assert (await reader.ask(action="ping"))["type"] == "pong"


async def test_who_names_nothing_hears_of_all_that_the_plan_shows(
    app: Application, stores: Stores, join: Join, sealed: list[SealedSignal]
) -> None:
    every = {slot_of(target) for target in SLOTS}
    async with ASGIConductor(app) as conductor:
        for tier, expected in (("basic", BASIC), ("pro", every)):
            await listening(stores, wanted=False)
            async with connect(conductor, join(tier)) as ws:
                reader = Reader(ws)
                answer = await reader.ask(channels=["signals"])
                told_of = {(one["symbol"], one["timeframe"]) for one in answer["slots"]}
                assert told_of == expected
                await spread(stores, sealed)
                assert await heard(reader, len(expected)) == expected
                await reader.ask(action="unsubscribe", channels=["signals"], symbols=["EURUSD"])
                await asyncio.to_thread(stores.board.tell, sealed)
                rest = {slot for slot in expected if slot[0] != "EURUSD"}
                assert await heard(reader, len(rest)) == rest


@pytest.mark.usefixtures("sealed")
async def test_what_no_plan_shows_is_refused_with_a_reason(app: Application, join: Join) -> None:
    async with ASGIConductor(app) as conductor, connect(conductor, join("pro")) as ws:
        reader = Reader(ws)
        for command, error in (
            ({"channels": ["trades"], "symbols": ["EURUSD"]}, "forbidden"),
            ({"channels": ["signals", "ticker"], "symbols": ["EURUSD"]}, "forbidden"),
            ({"channels": ["signals"], "symbols": ["EURUSX"]}, "not_found"),
            ({"channels": ["signals"], "symbols": ["EURUSD"], "platform": "other"}, "not_found"),
            ({"channels": ["candles"], "symbols": ["EURUSD"], "resolutions": ["1d"]}, "not_found"),
            ({"channels": ["signals"], "resolutions": ["7x"]}, "invalid_request"),
            ({"channels": ["gossip"]}, "malformed_request"),
        ):
            answer = await reader.ask(**command)
            assert (answer["type"], answer["error"]) == ("error", error), command
            assert answer["detail"]


async def test_a_plan_that_shrinks_under_an_open_socket_is_told_of_once_and_holds_at_once(
    app: Application, stores: Stores, join: Join, sealed: list[SealedSignal]
) -> None:
    pro = join("pro")
    async with ASGIConductor(app) as conductor, connect(conductor, pro) as ws:
        reader = Reader(ws)
        await reader.ask(channels=["signals"], symbols=["USDJPY"], resolutions=["H1"])
        await reader.ask(channels=["signals"], symbols=["XAUUSD"], resolutions=["H1"])
        stores.accounts.change_plan(pro.account_id, "basic")
        await asyncio.sleep(1.2)
        await spread(stores, sealed)
        refused, signal = await reader.hear(), await reader.hear()
        if refused["type"] != "error":
            refused, signal = signal, refused
        assert (refused["error"], refused["detail"][:9]) == ("not_in_plan", "USDJPY H1")
        assert signal["signal"]["symbol"] == "XAUUSD"
        await asyncio.to_thread(stores.board.tell, sealed)
        assert (await reader.hear())["signal"]["symbol"] == "XAUUSD"
        stores.accounts.change_plan(pro.account_id, "pro")
        await asyncio.sleep(1.2)
        await asyncio.to_thread(stores.board.tell, sealed)
        both = {(await reader.hear())["signal"]["symbol"] for _ in range(2)}
        assert both == {"USDJPY", "XAUUSD"}
