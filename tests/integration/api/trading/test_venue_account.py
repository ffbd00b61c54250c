"""An account at a venue over the routes: connect, trade, look, close, halt, and what is refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core.settings import Settings
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from tests.exchange_candles import walk, write_candles
from tests.integration.api.conftest import Api
from tests.traders import trader_at_work
from tests.venue_desks import TOKEN, Broker, venue_settings

AGENT, DATA = "/api/v1/auto-trade/mt4", "/api/mt4"
BUY = {"symbol": "EURUSD", "action": "BUY", "volume": 0.1, "stop_loss": 1.07}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("metaapi")
    write_candles(folder, "metaapi", "BTCUSD", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


@pytest.fixture
def settings(redis_settings: Settings, url: str) -> Settings:
    return venue_settings(redis_settings, url)


@pytest.fixture
def trader(stores: Stores, settings: Settings) -> Iterator[None]:
    with trader_at_work(stores, settings):
        yield


async def connected(api: Api, broker: Broker, form: str = DATA) -> Any:
    asked = {"account_id": broker.name, "token": TOKEN}
    answer = await api("POST", f"{form}/connect", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json


async def test_a_demo_account_is_connected_traded_and_halted(
    api: Api, trader: None, url: str, stores: Stores
) -> None:
    broker = Broker(url)
    told = await connected(api, broker)
    assert (told["account_id"], told["balance"], told["platform"]) == (broker.name, 10_000, "mt5")
    placed = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "one"})
    assert placed.status_code == 200, placed.text
    assert (placed.json["state"], placed.json["account_id"]) == ("filled", broker.name)
    again = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "one"})
    assert again.json == placed.json
    assert again.headers["Idempotent-Replay"] == "true"
    broker.script(by_hand=[{"symbol": "EURUSD", "side": "SELL", "volume": 0.02}])
    await asyncio.sleep(1.1)
    held = (await api("GET", f"{AGENT}/positions")).json["positions"]
    assert [(one["type"], one["foreign"], one["client_order_id"]) for one in held] == [
        ("BUY", False, "one"),
        ("SELL", True, None),
    ]
    closed = await api(
        "POST", f"{AGENT}/positions/close", json={"position_id": held[0]["id"], "volume": 0.04}
    )
    assert closed.status_code == 200, closed.text
    assert (closed.json["closed_volume"], closed.json["state"]) == (0.04, "filled")
    foreign = await api("POST", f"{DATA}/positions/{held[1]['id']}/close")
    assert foreign.status_code == 409
    folio = (await api("GET", "/api/portfolio", params={"account": broker.name})).json
    assert [one["foreign"] for one in folio["positions"]] == [False, True]
    tick = (await api("GET", f"{DATA}/tick/EURUSD")).json
    assert 0 < tick["bid"] < tick["ask"]
    halted = await api("POST", "/api/v1/auto-trade/halt", json={"reason": "enough"})
    assert halted.json["acknowledged"]
    refused = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "two"})
    assert (refused.status_code, refused.json["error"]) == (409, "trading_halted")
    assert len(broker.positions()) == 2
    verified = await api("GET", "/api/v1/auto-trade/verify", params={"account": broker.name})
    assert verified.json["ok"], verified.json
    left = (await api("POST", f"{DATA}/disconnect", json={"forget": True})).json
    assert left["open_positions"] == [held[0]["id"]]
    assert (await api("GET", f"{DATA}/status")).json == {"connected": False, "account": None}
