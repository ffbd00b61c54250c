"""Orders of the paper account: once, within limits, filled by the next price."""

import asyncio
from typing import Any

import pytest
from falcon.testing import Result

from storage import keys
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.trading.conftest import GOLD, Quotes

TICKER_BID = keys.ticker(*GOLD, "bid")
BUY = {"symbol": "XAUUSD", "action": "BUY", "volume": 0.01, "stop_loss": 2_340.0}


async def place(api: Api, **changes: Any) -> Result:
    """Send an order of gold."""
    return await api("POST", "/api/mt4/trade", json={**BUY, **changes})


async def portfolio(api: Api) -> Any:
    """Return the account."""
    return (await api("GET", "/api/portfolio")).json


async def position(api: Api) -> Any:
    """Wait for a position."""
    for _ in range(200):
        if held := (await portfolio(api))["positions"]:
            return held[0]
        await asyncio.sleep(0.01)
    raise AssertionError("no position came")


async def test_a_market_order_is_filled_by_the_next_quote_at_its_ask(
    api: Api, quotes: Quotes, trader: None, stores: Stores
) -> None:
    quotes.tell(2_349.0, 2_349.5)
    placed = await place(api, client_order_id="one")
    assert placed.status_code == 200, placed.text
    assert placed.json["success"]
    assert placed.json["state"] == "sent"
    assert placed.json["position_id"] is None
    quotes.tell(2_350.0, 2_350.5)
    held = await position(api)
    # One tick of slippage is the record's default.
    assert held["open_price"] == 2_350.51
    assert held["direction"] == "long"
    assert held["volume"] == 0.01
    assert held["unrealised"]["account"] == -0.51
    told = await portfolio(api)
    assert told["account"]["balance"] == 10_000
    assert told["account"]["equity"] == 9_999.49
    again = await place(api, client_order_id="one")
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json["order_id"] == placed.json["order_id"]
    assert again.json["position_id"] == held["id"]
    assert (await place(api, client_order_id="one", volume=0.02)).status_code == 409
    assert verify_ledger(stores.engine, stores.heads, "orders").ok


async def test_an_order_without_a_stop_is_refused_by_that_limit(
    api: Api, quotes: Quotes, trader: None
) -> None:
    quotes.tell(2_350.0, 2_350.5)
    refused = await place(api, stop_loss=None)
    assert refused.status_code == 409
    assert (refused.json["error"], refused.json["limit"]) == ("refused_by_risk", "stop_loss")


async def test_an_order_without_a_price_is_refused_and_not_filled_by_an_old_one(
    api: Api, quotes: Quotes, trader: None
) -> None:
    quotes.tell(2_350.0, 2_350.5, at=1_700_000_000_000)
    refused = await place(api)
    assert refused.status_code == 503
    assert refused.json["error"] == "no_fresh_price"


async def test_numbers_between_two_steps_name_their_field(api: Api, quotes: Quotes) -> None:
    for name, value in {"volume": 0.015, "stop_loss": 2_340.001, "price": 2_340.0}.items():
        refused = await place(api, **{name: value})
        assert refused.status_code == 400, name
        assert name in refused.json["detail"]


async def test_a_stop_that_was_touched_fills_at_that_price_and_the_record_can_be_recomputed(
    api: Api, quotes: Quotes, trader: None, stores: Stores
) -> None:
    quotes.tell(2_349.0, 2_349.5)
    await place(api, client_order_id="one", take_profit=2_360.0)
    quotes.tell(2_350.0, 2_350.5)
    await position(api)
    quotes.tell(2_338.0, 2_338.5)
    for _ in range(200):
        history = (await api("GET", "/api/portfolio/history")).json
        if history["trades"]:
            break
        await asyncio.sleep(0.01)
    (trade,) = history["trades"]
    assert (trade["exit"], trade["close_price"]) == ("stop_loss", 2_337.99)
    assert trade["pnl"]["net"] == -12.52
    assert history["summary"]["n"] == 1
    (order,) = (await api("GET", "/api/v1/auto-trade/orders")).json["orders"]
    assert (order["state"], order["fill_price"]) == ("filled", 2_350.51)
    proof = (await api("GET", "/api/v1/auto-trade/verify")).json
    assert proof["ok"], proof
    assert proof["rows"] == proof["replayed"] > 4
    assert (proof["market"]["compared"], proof["market"]["same"]) == (2, 2)
    for sample in stores.redis.execute_command("TS.RANGE", TICKER_BID, "-", "+"):
        stores.redis.execute_command(
            "TS.ADD", TICKER_BID, sample[0], 2_341.0, "ON_DUPLICATE", "LAST"
        )
    changed = (await api("GET", "/api/v1/auto-trade/verify")).json
    assert changed["ok"]
    assert len(changed["market"]["differences"]) == 2


async def test_a_halt_cancels_what_rests_and_takes_no_order_until_somebody_resumes(
    api: Api, quotes: Quotes, trader: None
) -> None:
    quotes.tell(2_350.0, 2_350.5)
    resting = await place(api, action="BUY_LIMIT", price=2_345.0)
    assert resting.json["state"] == "working", resting.text
    halted = await api("POST", "/api/v1/auto-trade/halt", json={"reason": "a test"})
    assert halted.json["state"] == "HALTED"
    assert halted.json["acknowledged"]
    assert halted.json["cancelled"] == [resting.json["order_id"]]
    assert (await place(api)).json["error"] == "trading_halted"
    told = (await api("GET", "/api/v1/auto-trade/status")).json
    assert (told["state"], told["reason"], told["trader"]["alive"]) == ("HALTED", "a test", True)
    assert (await api("POST", "/api/v1/auto-trade/resume", json={"reason": "over"})).json[
        "epoch"
    ] == 2
    quotes.tell(2_350.0, 2_350.5)
    assert (await place(api)).status_code == 200
    assert (await api("GET", "/api/v1/auto-trade/verify")).json["ok"]


@pytest.mark.parametrize("scope", ["account", "all"])
async def test_who_flattens_closes_what_is_held_before_the_halt(
    api: Api, quotes: Quotes, trader: None, scope: str
) -> None:
    quotes.tell(2_349.0, 2_349.5)
    await place(api)
    quotes.tell(2_350.0, 2_350.5)
    await position(api)
    asked = {"reason": "a test", "flatten": True, "scope": scope}
    halted = await api("POST", "/api/v1/auto-trade/halt", json=asked)
    assert len(halted.json["in_flight"]) == 1
    quotes.tell(2_351.0, 2_351.5)
    for _ in range(200):
        if not (await portfolio(api))["positions"]:
            break
        await asyncio.sleep(0.01)
    (trade,) = (await api("GET", "/api/portfolio/history")).json["trades"]
    assert (trade["exit"], trade["close_price"]) == ("order", 2_350.99)


async def test_a_trader_may_halt_its_own_account_and_only_an_owner_resumes(
    api: Api, stores: Stores, trader: None
) -> None:
    plain, _ = stores.keys.create("trader", "t", account_id=7)
    headers = {"X-API-Key": plain}
    words = {"reason": "a test"}
    halted = await api("POST", "/api/v1/auto-trade/halt", json=words, headers=headers)
    assert halted.status_code == 200, halted.text
    for path, body in (("resume", words), ("reduce", words), ("halt", words | {"scope": "all"})):
        answer = await api("POST", f"/api/v1/auto-trade/{path}", json=body, headers=headers)
        assert answer.status_code == 403, path
    assert (await api("GET", "/api/v1/auto-trade/status")).json["state"] == "ACTIVE"


async def test_repeats_of_an_order_count_towards_no_limit_and_new_ones_do(
    api: Api, quotes: Quotes, stores: Stores, trader: None
) -> None:
    plain, _ = stores.keys.create("trader", "t", account_id=7)
    quotes.tell(2_350.0, 2_350.5)

    async def send(name: str, volume: float = 0.01) -> Result:
        told = {**BUY, "client_order_id": name, "volume": volume}
        return await api("POST", "/api/mt4/trade", json=told, headers={"X-API-Key": plain})

    first = await send("one")
    assert first.status_code == 200, first.text
    again = [await send("one") for _ in range(70)]
    assert {one.status_code for one in again} == {200}
    assert {one.json["order_id"] for one in again} == {first.json["order_id"]}
    # Too great for anybody: refused before the trader hears of them, and counted.
    codes = [(await send(f"new-{n}", 1e6)).status_code for n in range(60)]
    assert (codes.index(429), len(codes)) == (59, 60)
    assert (await send("one")).status_code == 200
