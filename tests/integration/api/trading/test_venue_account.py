"""An account at a venue over the routes: connect, trade, look, close, halt, and what is refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from api.app import Application
from core.clock.times import now_ms
from core.settings import Settings
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.access.access_keys import ROLES, TRADER
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.exchange_candles import walk, write_candles
from tests.integration.api.conftest import Api
from tests.integration.api.sales.conftest import ADMIN_SECRET
from tests.route_table import path_of, routes
from tests.traders import trader_at_work
from tests.venue_desks import TOKEN, Broker, BybitWallet, venue_settings

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
    """Settings by which a real account could trade, were its own gates open."""
    open_to_live = {"trading_live": "on", "admin_secret": ADMIN_SECRET}
    return venue_settings(redis_settings, url).model_copy(update=open_to_live)


@pytest.fixture
def trader(stores: Stores, settings: Settings) -> Iterator[None]:
    with trader_at_work(stores, settings, 0.02):
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
    told = (await api("GET", "/api/v1/auto-trade/orders", params={"account": broker.name})).json
    entry = next(one for one in told["orders"] if one["client_order_id"] == "one")
    assert (entry["paper_price"], entry["gap_bps"]) == (entry["fill_price"], 0)
    past = (await api("GET", "/api/portfolio/history", params={"account": broker.name})).json
    assert (past["trades"][0]["entry_gap_bps"], past["summary"]["paper_gap"]["mean_bps"]) == (0, 0)
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


async def test_a_wallet_at_the_sandbox_of_bybit_trades_and_the_real_one_only_shows_itself(
    api: Api, trader: None, url: str
) -> None:
    wallet = BybitWallet(url)
    asked = {"account_id": wallet.name, "token": wallet.token, "venue": "bybit_testnet"}
    told = (await api("POST", f"{DATA}/connect", json=asked)).json
    assert (told["platform"], told["currency"]) == ("bybit_testnet", "USDT")
    order = {"symbol": "BTCUSDT", "action": "BUY", "volume": 0.01, "stop_loss": 59_000}
    wrong = {**order, "platform": "metaapi", "client_order_id": "wrong"}
    assert (await api("POST", f"{DATA}/trade", json=wrong)).status_code == 400
    placed = await api("POST", f"{DATA}/trade", json={**order, "client_order_id": "one"})
    assert (placed.status_code, placed.json["state"]) == (200, "filled"), placed.text
    (held,) = (await api("GET", f"{DATA}/positions")).json["positions"]
    assert (held["symbol"], held["client_order_id"]) == ("BTCUSDT", "one")
    closed = await api("POST", f"{AGENT}/positions/close", json={"position_id": held["id"]})
    assert (closed.status_code, closed.json["state"]) == (200, "filled"), closed.text
    assert (await api("POST", f"{DATA}/disconnect", json={})).status_code == 200
    elsewhere = {"account_id": wallet.name, "venue": "metaapi"}
    refused = await api("POST", f"{DATA}/connect", json=elsewhere)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_request"), refused.text
    again = await api("POST", f"{DATA}/connect", json={"account_id": wallet.name})
    assert again.json["platform"] == "bybit_testnet"
    await api("POST", f"{DATA}/disconnect", json={})
    real = BybitWallet(url)
    asked = {"account_id": real.name, "token": real.token, "venue": "bybit"}
    assert (await api("POST", f"{DATA}/connect", json=asked)).json["balance"] == 10_000
    barred = await api("POST", f"{DATA}/trade", json={**order, "client_order_id": "real"})
    assert (barred.status_code, "live_enabled" in barred.json["detail"]) == (403, True)


async def test_an_order_whose_answer_is_lost_is_told_as_unknown_found_and_never_sent_again(
    api: Api, trader: None, url: str
) -> None:
    broker = Broker(url)
    await connected(api, broker, AGENT)
    broker.fail("lost-after")
    # Until then the venue does not say what there is, so that nobody can find the order.
    broker.fail("504", on="orders")
    lost = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "lost"})
    assert lost.status_code == 202, lost.text
    assert (lost.json["success"], lost.json["state"]) == (False, "unknown")
    again = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "lost"})
    assert again.json["order_id"] == lost.json["order_id"]
    for _ in range(500):
        found = (await api("GET", lost.json["href"])).json["orders"][0]
        if found["state"] == "filled":
            break
        await asyncio.sleep(0.05)
    assert found["state"] == "filled"
    assert len(broker.positions()) == 1


async def test_what_the_venue_refuses_is_told_with_its_code(
    api: Api, trader: None, url: str
) -> None:
    broker = Broker(url)
    await connected(api, broker)
    broker.fail("code:10019")
    refused = await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": "poor"})
    assert (refused.status_code, refused.json["error"]) == (422, "venue_rejected")
    assert refused.json["code"] == "10019"
    unnamed = await api("POST", f"{DATA}/trade", json=BUY)
    assert unnamed.status_code in (400, 422)
    unknown = {**BUY, "symbol": "NOSUCH", "client_order_id": "none"}
    assert (await api("POST", f"{DATA}/trade", json=unknown)).json["limit"] == "instrument"
    assert broker.positions() == []


async def test_accounts_and_tokens_that_the_venue_does_not_take_are_named(
    api: Api, trader: None, url: str, stores: Stores
) -> None:
    wrong = {"account_id": "wrong-1", "token": TOKEN}
    assert (await api("POST", f"{DATA}/connect", json=wrong)).status_code == 404
    bad = {"account_id": "demo-bad", "token": "wrong-token-of-16-letters"}
    refused = await api("POST", f"{DATA}/connect", json=bad)
    assert (refused.status_code, refused.json["error"]) == (422, "token_needed")
    assert stores.connections.token(0, "demo-bad") is None
    broker = Broker(url)
    broker.fail("redirect", on="account-information")
    told = {"account_id": broker.name, "token": TOKEN}
    assert (await api("POST", f"{DATA}/connect", json=told)).status_code == 503
    await connected(api, broker)
    kept = stores.connections.find(0, broker.name)
    assert kept is not None
    assert kept.hint == TOKEN[-4:]
    assert (await api("POST", f"{DATA}/disconnect")).status_code == 200
    again = await api("POST", f"{DATA}/connect", json={"account_id": broker.name})
    assert again.status_code == 200, again.text


async def test_a_real_account_only_shows_itself_until_every_gate_is_open(
    api: Api, trader: None, stores: Stores, url: str
) -> None:
    broker = Broker(url, "real")
    stranger = Api(api._conductor, stores.keys.create(TRADER, "theirs", account_id=7)[0])
    told = await connected(api, broker)
    assert told["login"]

    async def trade(name: str) -> Any:
        return await api("POST", f"{DATA}/trade", json={**BUY, "client_order_id": name})

    shut = await trade("one")
    assert (shut.status_code, "live_enabled" in shut.json["detail"]) == (403, True)
    ask = "/api/v1/auto-trade/config"
    refused = await api("POST", ask, json={"paper_trading": False})
    assert (refused.status_code, "live_enabled" in refused.text) == (403, True)
    admin = {"X-Admin-Secret": ADMIN_SECRET}
    opened = await api.bare(
        "POST", "/admin/accounts/0/live", headers=admin, json={"login": told["login"]}
    )
    assert opened.status_code == 200, opened.text
    assert "paper_trading" in (await trade("two")).json["detail"]
    bold = {"paper_trading": False, "require_confirmation": False}
    refused = await api("POST", ask, json=bold)
    assert (refused.status_code, "require_confirmation" in refused.text) == (403, True)
    config = await api("POST", ask, json={"paper_trading": False})
    assert config.json["config"]["require_confirmation"] is True
    placed = await trade("three")
    assert (placed.status_code, placed.json["state"]) == (200, "filled"), placed.text
    asked = {**BUY, "account_id": broker.name, "client_order_id": "theirs"}
    assert (await stranger("POST", f"{DATA}/trade", json=asked)).status_code == 404
    folio = await stranger("GET", "/api/portfolio", params={"account": broker.name})
    assert folio.status_code == 404
    await api.bare("DELETE", "/admin/accounts/0/live", headers=admin)
    assert (await trade("four")).status_code == 403
    assert len(broker.positions()) == 1


async def test_no_route_leads_a_key_of_any_role_to_real_money(
    app: Application, api: Api, trader: None, stores: Stores, url: str
) -> None:
    broker = Broker(url, "real")
    login = (await connected(api, broker))["login"]
    order = {**BUY, "account_id": broker.name}
    bodies: dict[str, dict[str, object]] = {
        "/api/mt4/trade": order,
        "/api/v1/auto-trade/config": {"paper_trading": False, "enabled": False},
        "/admin/accounts/{account_id}/live": {"login": login},
        "/api/portfolio/positions": {
            "symbol": "EURUSD", "direction": "long", "volume": 0.1, "stop_loss": 1.07,
            "account": broker.name,
        },
    }  # fmt: skip
    guess = {"X-Admin-Secret": "a secret of more than 32 characters, but a wrong one"}
    for role in ROLES:
        scopes = ("ingest:broker",) if role == "feeder" else ()
        account = None
        if role == "subscriber":
            account = stores.accounts.create(NewAccount(user_name="test"), "pro").id
        made = stores.keys.create(role, role, scopes=scopes, account_id=account)[0]
        caller = Api(api._conductor, made)
        for method, template in routes(app):
            last = template.endswith(("disconnect", "halt", "reduce", "resume"))
            wanted = template.startswith(("/admin/accounts", "/api/mt4", "/api/v1/auto-trade"))
            if method == "WEBSOCKET" or last or not (wanted or template in bodies):
                continue
            path = path_of(template, {"account_id": "0", "symbol": "EURUSD"})
            body = bodies.get(template, {}) | (
                {"client_order_id": f"by-{role}"} if "trade" in template.rpartition("/")[2] else {}
            )
            more = {"json": body} if method in ("POST", "PUT", "PATCH") else {}
            answer = await caller(method, path, headers=guess, **more)
            if template in bodies and method == "POST":
                assert answer.status_code in (400, 401, 403, 404, 429), (template, answer.text)
    held = stores.connections.get(0)
    assert held is not None
    assert not held.live(now_ms())
    assert broker.positions() == []
    assert stores.trading.orders(held.number, 10) == []
