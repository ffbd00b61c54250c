"""Positions of a given size or risk: opened once, by the next price or by a pending order."""

import asyncio
import threading
from typing import Any

import msgspec
import pytest

from api.trading.schemas import HeldPosition, PositionPending
from storage.access.access_keys import TRADER
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.trading.conftest import Quotes

ROUTE = "/api/portfolio/positions"
LONG = {"symbol": "XAUUSD", "direction": "long", "stop_loss": 2_340.0}


async def opened(api: Api, quotes: Quotes, **changes: Any) -> Any:
    """Ask for a position while quotes go on coming."""
    over = threading.Event()

    def quote() -> None:
        while not over.wait(0.02):
            quotes.tell(2_350.0, 2_350.5)

    quotes.tell(2_350.0, 2_350.5)
    thread = threading.Thread(target=quote)
    thread.start()
    try:
        return await api("POST", ROUTE, json={**LONG, **changes})
    finally:
        over.set()
        await asyncio.to_thread(thread.join)


async def test_a_position_is_opened_once_and_told_whole(
    api: Api, quotes: Quotes, trader: None
) -> None:
    made = await opened(api, quotes, volume=0.01, client_order_id="a")
    assert made.status_code == 201, made.text
    told = msgspec.convert(made.json, HeldPosition, strict=True)
    assert (told.direction, told.volume, told.stop_loss) == ("long", 0.01, 2_340.0)
    again = await opened(api, quotes, volume=0.01, client_order_id="a")
    assert again.status_code == 201
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json["id"] == made.json["id"]
    other = await api("POST", ROUTE, json={**LONG, "volume": 0.02, "client_order_id": "a"})
    assert other.status_code == 409
    assert len((await api("GET", "/api/portfolio")).json["positions"]) == 1


async def test_the_volume_of_a_risk_loses_no_more_at_the_stop_and_is_kept_when_repeated(
    api: Api, quotes: Quotes, trader: None
) -> None:
    # 0.25% of 10,000 is 25; at a stop 10.50 below the ask 0.01 of gold loses 10.50.
    made = await opened(api, quotes, risk=0.0025, client_order_id="r")
    assert made.status_code == 201, made.text
    assert made.json["volume"] == 0.02
    quotes.tell(2_345.0, 2_345.5)
    again = await api("POST", ROUTE, json={**LONG, "risk": 0.0025, "client_order_id": "r"})
    assert again.status_code == 201, again.text
    assert (again.json["id"], again.json["volume"]) == (made.json["id"], 0.02)


async def test_a_risk_that_buys_less_than_the_smallest_volume_is_refused(
    api: Api, quotes: Quotes, trader: None
) -> None:
    quotes.tell(2_350.0, 2_350.5)
    refused = await api("POST", ROUTE, json={**LONG, "risk": 0.001})
    assert refused.status_code == 409
    assert (refused.json["error"], refused.json["limit"]) == ("refused_by_risk", "too_small")


@pytest.mark.parametrize(("price", "stop"), [(2_345.0, 2_340.0), (2_360.0, 2_350.0)])
async def test_with_a_price_an_order_waits_on_either_side_of_the_market(
    api: Api, quotes: Quotes, trader: None, price: float, stop: float
) -> None:
    quotes.tell(2_350.0, 2_350.5)
    asked = {**LONG, "volume": 0.01, "price": price, "stop_loss": stop, "client_order_id": "p"}
    made = await api("POST", ROUTE, json=asked)
    assert made.status_code == 202, made.text
    told = msgspec.convert(made.json, PositionPending, strict=True)
    assert told.position_id is None
    again = await api("POST", ROUTE, json=asked)
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json["order_id"] == told.order_id


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"volume": 0.01, "risk": 0.01}, {"risk": 0.06}, {"risk": 0}, {"volume": -1},
        {"volume": 0.01, "stop_loss": 2_360.0}, {"volume": 0.01, "stop_loss": None},
        {"volume": 0.01, "direction": "up"}, {"volume": 0.01, "more": 1},
        {"risk": 0.01, "stop_loss": 2_340.001},
    ],
)  # fmt: skip
async def test_what_is_no_position_is_malformed_and_names_its_field(
    api: Api, quotes: Quotes, changes: dict[str, Any]
) -> None:
    quotes.tell(2_350.0, 2_350.5)
    answer = await api("POST", ROUTE, json={**LONG, **changes})
    assert answer.status_code == 400, answer.text
    assert answer.json["error"] == "invalid_request"


async def test_readers_open_nothing_and_another_account_is_untouched(
    api: Api, quotes: Quotes, trader: None, stores: Stores
) -> None:
    reader = {"X-API-Key": stores.keys.create("reader", "r")[0]}
    asked = {**LONG, "volume": 0.01}
    assert (await api("POST", ROUTE, json=asked, headers=reader)).status_code == 403
    made = await opened(api, quotes, volume=0.01)
    assert made.status_code == 201
    other = {"X-API-Key": stores.keys.create(TRADER, "t", account_id=7)[0]}
    assert (await api("GET", "/api/portfolio", headers=other)).json["positions"] == []
    assert (await api("POST", ROUTE, json={**asked, "account": "x"})).status_code == 404
