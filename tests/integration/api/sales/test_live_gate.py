"""The gate of trading with real money: the admin secret and the login typed again, 30 days."""

from collections.abc import Callable

import pytest
from falcon.testing import ASGIConductor

from api.app import Application
from core.clock.times import now_ms, parse_time
from core.settings import Settings
from storage.access.access_keys import TRADER
from storage.stores import Stores
from storage.venues.connections import LIVE_MS, Connection, Seen
from storage.venues.gates import missing_gate
from tests.integration.api.conftest import Api
from tests.integration.api.sales.conftest import ADMIN_SECRET

SECRET = {"X-Admin-Secret": ADMIN_SECRET}
ROUTE = "/admin/accounts/0/live"
REAL = Seen("500123", real=True, investor=False)


async def test_the_gate_opens_for_thirty_days_to_the_login_typed_again(
    app_of: Callable[[Settings], Application], settings: Settings, stores: Stores
) -> None:
    stores.connections.connect(0, "metaapi", "acc-1", REAL)
    live = settings.model_copy(update={"trading_live": "on"})
    async with ASGIConductor(app_of(live)) as conductor:
        api = Api(conductor, "")
        shut = await api.bare("GET", ROUTE, headers=SECRET)
        assert (shut.json["live_enabled"], shut.json["missing"]) == (False, "live_enabled")
        wrong = await api.bare("POST", ROUTE, headers=SECRET, json={"login": "500124"})
        assert wrong.status_code == 422
        assert "login" in wrong.json["detail"]
        opened = await api.bare("POST", ROUTE, headers=SECRET, json={"login": "500123"})
        assert opened.status_code == 200, opened.text
        assert (opened.json["live_enabled"], opened.json["missing"]) == (True, None)
        left = parse_time(opened.json["live_until"], "live_until") - now_ms()
        assert LIVE_MS - 60_000 < left <= LIVE_MS
        closed = await api.bare("DELETE", ROUTE, headers=SECRET)
        assert (closed.json["live_enabled"], closed.json["live_until"]) == (False, None)


async def test_without_the_servers_own_switch_the_missing_gate_is_that(
    api: Api, stores: Stores
) -> None:
    stores.connections.connect(0, "metaapi", "acc-1", REAL)
    opened = await api.bare("POST", ROUTE, headers=SECRET, json={"login": "500123"})
    assert opened.json["missing"] == "TICKCAST_TRADING_LIVE"


async def test_there_is_no_gate_without_a_live_account(api: Api, stores: Stores) -> None:
    asked = {"login": "paper"}
    assert (await api.bare("POST", ROUTE, headers=SECRET, json=asked)).status_code == 404
    connected = await api("POST", "/api/mt4/connect", json={"account_id": "paper"})
    assert connected.status_code == 200, connected.text
    assert (await api.bare("POST", ROUTE, headers=SECRET, json=asked)).status_code == 409


async def test_no_key_of_any_role_reaches_the_gate(api: Api, stores: Stores, key: str) -> None:
    stores.connections.connect(0, "metaapi", "acc-1", REAL)
    keys = [key, *(stores.keys.create(role, role)[0] for role in ("reader", TRADER))]
    for plain in keys:
        answer = await api.bare(
            "POST", ROUTE, headers={"X-API-Key": plain}, json={"login": "500123"}
        )
        assert answer.status_code in (401, 403)
    found = stores.connections.get(0)
    assert found is not None
    assert not found.live(now_ms())


@pytest.mark.parametrize(
    ("changed", "server_live", "missing"),
    [
        ({}, True, None),
        ({}, False, "TICKCAST_TRADING_LIVE"),
        ({"venue": "paper"}, True, "connection"),
        ({"investor": True}, True, "investor_mode"),
        ({"live_until": 1_000}, True, "live_enabled"),
        ({"live_login": "9"}, True, "live_enabled"),
        ({"login": None, "live_login": None}, True, "live_enabled"),
    ],
)
def test_the_first_gate_that_is_shut_is_named(
    changed: dict[str, object], server_live: bool, missing: str | None
) -> None:
    usual = {"venue": "metaapi", "login": "1", "live_login": "1", "live_until": 1_001}
    told = {"account_id": 0, "venue_account": "a", "connected": True, **usual, **changed}
    assert missing_gate(Connection(**told), 1_000, server_live=server_live) == missing  # type: ignore[arg-type]
    assert missing_gate(None, 1_000, server_live=True) == "connection"
