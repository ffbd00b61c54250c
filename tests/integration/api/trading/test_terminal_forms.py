"""An account by MetaTrader's words, in both forms: connect, look, trade, close, disconnect."""

import asyncio
from typing import Any

import msgspec
import pytest

from api.trading.mt4 import schemas
from storage.access.access_keys import TRADER
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.trading.conftest import Quotes

AGENT, DATA = "/api/v1/auto-trade/mt4", "/api/mt4"
BUY = {"symbol": "XAUUSD", "action": "BUY", "volume": 0.02, "stop_loss": 2_340.0}


def shaped(answer: Any, kind: type[msgspec.Struct]) -> Any:
    """Return an answer's JSON if it has the fields of its shape, all of them and of their types."""
    assert answer.status_code == 200, answer.text
    msgspec.convert(answer.json, kind, strict=True)
    assert set(answer.json) == set(kind.__struct_fields__)
    return answer.json


async def bought(api: Api, quotes: Quotes) -> Any:
    """Open a position of gold and return it."""
    quotes.tell(2_349.0, 2_349.5)
    placed = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "mine"})
    assert placed.status_code == 200, placed.text
    quotes.tell(2_350.0, 2_350.5)
    return (await until(api, count=1))[0]


async def until(api: Api, count: int) -> Any:
    """Wait for so many positions."""
    for _ in range(500):
        held = (await api("GET", f"{DATA}/positions")).json["positions"]
        if len(held) == count:
            return held
        await asyncio.sleep(0.01)
    raise AssertionError(f"there were never {count} positions")


async def test_paper_is_connected_offline_in_both_forms(api: Api) -> None:
    before = shaped(await api("GET", f"{DATA}/status"), schemas.StatusAnswer)
    assert before == {"connected": False, "account": None}
    asked = {"account_id": "paper"}
    agent = shaped(await api("POST", f"{AGENT}/connect", json=asked), schemas.AgentConnected)
    assert agent == {
        "success": True, "connected": True,
        "account": {"login": "paper", "server": "Tickcast-Paper", "balance": 10_000,
                    "currency": "USD", "leverage": 100},
    }  # fmt: skip
    data = shaped(await api("POST", f"{DATA}/connect", json=asked), schemas.Connected)
    assert data["platform"] in ("mt4", "mt5")
    assert data["account_id"] == "paper"
    for form in (AGENT, DATA):
        status = shaped(await api("GET", f"{form}/status"), schemas.StatusAnswer)
        assert status["connected"]
        assert status["account"]["equity"] == status["account"]["free_margin"] == 10_000
    for form in (AGENT, DATA):
        ended = shaped(await api("POST", f"{form}/disconnect"), schemas.DisconnectedAnswer)
        assert (ended["success"], ended["connected"]) == (True, False)
        assert not (await api("GET", f"{form}/status")).json["connected"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"account_id": "someone-else"}, 422),
        ({}, 400),
        ({"account_id": "../x"}, 400),
        ({"account_id": "paper", "more": 1}, 400),
        ({"account_id": "paper", "token": "short"}, 400),
    ],
)
async def test_what_cannot_be_connected_is_named(api: Api, body: Any, status: int) -> None:
    for form in (AGENT, DATA):
        answer = await api("POST", f"{form}/connect", json=body)
        assert answer.status_code == status, answer.text
        assert {"error", "detail", "timestamp", "request_id"} <= set(answer.json)


async def test_a_position_is_told_closed_in_part_and_closed_by_both_forms(
    api: Api, quotes: Quotes, trader: None
) -> None:
    held = await bought(api, quotes)
    told = shaped(await api("GET", f"{AGENT}/positions"), schemas.PositionsAnswer)
    assert told["positions"] == [held]
    assert (held["type"], held["volume"], held["client_order_id"]) == ("BUY", 0.02, "mine")
    assert (held["stop_loss"], held["take_profit"], held["foreign"]) == (2_340.0, None, False)
    assert (held["current_price"], held["profit"]) == (2_350.0, -1.02)
    asked = {"position_id": held["id"], "volume": 0.01, "client_order_id": "half"}
    half = shaped(await api("POST", f"{AGENT}/positions/close", json=asked), schemas.ClosedAnswer)
    assert (half["position_id"], half["closed_volume"]) == (held["id"], 0.01)
    again = await api("POST", f"{AGENT}/positions/close", json=asked)
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json["order_id"] == half["order_id"]
    quotes.tell(2_351.0, 2_351.5)
    for _ in range(500):
        if (await until(api, count=1))[0]["volume"] == 0.01:
            break
        await asyncio.sleep(0.01)
    rest = await api("POST", f"{DATA}/positions/{held['id']}/close")
    assert shaped(rest, schemas.ClosedAnswer)["closed_volume"] == 0.01
    ended = await api("POST", f"{DATA}/disconnect", json={"forget": True})
    assert shaped(ended, schemas.DisconnectedAnswer)["open_positions"] == [held["id"]]
    quotes.tell(2_352.0, 2_352.5)
    await until(api, count=0)


@pytest.mark.parametrize("position", ["1", "999999999", "x", "-1", "1" * 60, "%2e%2e"])
async def test_a_position_that_is_not_the_callers_is_not_found(
    api: Api, quotes: Quotes, trader: None, stores: Stores, position: str
) -> None:
    if position == "1":
        position = (await bought(api, quotes))["id"]
        key, _ = stores.keys.create(TRADER, "another's", account_id=7)
        headers = {"X-API-Key": key}
    else:
        headers = {}
    answer = await api("POST", f"{DATA}/positions/{position}/close", headers=headers)
    assert answer.status_code == 404, answer.text
    assert (await api("GET", f"{DATA}/positions", headers=headers)).json["positions"] == [] or (
        not headers
    )


async def test_a_tick_is_the_newest_quote_and_its_spread(api: Api, quotes: Quotes) -> None:
    quotes.tell(2_350.1, 2_350.4)
    told = shaped(await api("GET", f"{DATA}/tick/XAUUSD"), schemas.TickAnswer)
    assert (told["bid"], told["ask"], told["spread"]) == (2_350.1, 2_350.4, 0.3)
    assert told["symbol"] == "XAUUSD"
    assert told["timestamp"].endswith("Z")
    assert (await api("GET", f"{DATA}/tick/NOSUCH")).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "timeframe=7x", "end=x", "more=1"])
async def test_a_query_of_candles_that_cannot_be_is_malformed(api: Api, query: str) -> None:
    assert (await api("GET", f"{DATA}/candles/XAUUSD?{query}")).status_code == 400
