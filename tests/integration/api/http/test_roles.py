"""Every route by nobody, by a revoked key and by every role; the list is the application's."""

from contextlib import suppress

import pytest
from falcon.errors import WebSocketDisconnected
from falcon.testing import ASGIConductor

from api.app import Application
from storage.access.access_keys import ROLES
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.route_table import path_of, routes

SAMPLES = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "1h"}
# What a reader may do besides reading: it computes, and nothing that others see changes.
READERS_POSTS = {
    "/forecast", "/lstm/predict", "/lstm/predictnsteps", "/api/v1/predictions", "/api/v1/signals",
    "/generate/signal", "/predict/range", "/api/amd/{symbol}", "/api/ml/amd/{symbol}",
    "/api/v1/chat", "/api/chat",
    # Their own.
    "/api/v1/conversations", "/api/v1/conversations/{conversation_id}",
}  # fmt: skip
# What a trader may do besides, on the account of its key.
TRADERS_POSTS = {
    "/api/mt4/trade",
    "/api/v1/auto-trade/halt",
    "/api/v1/auto-trade/reduce",
    "/api/v1/auto-trade/resume",
    "/api/v1/auto-trade/config",
    "/api/v1/auto-trade/decisions/{decision_id}/confirm",
    "/api/v1/auto-trade/decisions/{decision_id}/reject",
    "/api/portfolio/positions",
    "/api/v1/auto-trade/mt4/connect",
    "/api/v1/auto-trade/mt4/disconnect",
    "/api/v1/auto-trade/mt4/positions/close",
    "/api/mt4/connect",
    "/api/mt4/disconnect",
    "/api/mt4/positions/{position_id}/close",
}
# What keys that are narrowed to something may call: this and nothing else.
SCOPES = {
    "ingest:coinbase": {
        ("POST", "/ingest/{platform}"),
        ("POST", "/ingest/candles/{platform}"),
        ("POST", "/ingest/kline/{platform}"),
        ("POST", "/ingest/mt/{platform}"),
    },
    "forecast:mine": {("POST", "/ledger/forecasts")},
}
# All that a subscriber may call, besides what is public; a feeder may call what its scope names.
SUBSCRIBERS = {
    "/api/scan", "/api/signals/{symbol}/{tf}", "/api/history/predictions", "/api/executions",
    "/api/ea/heartbeat", "/api/account/executions", "/api/account/terminals",
    "/api/status", "/api/models", "/api/performance",
    "/api/calibration",
    "/api/ea-status",
    "/api/account/regenerate-key", "/api/account/me", "/api/account/signals",
    "/api/ohlcv", "/api/snapshot/{symbol}", "/api/symbols",
    "/api/signals/active", "/api/ml/signals/active", "/generate/signal", "/predict/range",
    "/api/amd/{symbol}", "/api/ml/amd/{symbol}",
    "/api/v1/chat", "/api/chat",
    "/api/v1/conversations", "/api/v1/conversations/{conversation_id}",
}  # fmt: skip
FEEDERS = {("POST", "/ingest/mt/{platform}")}
# No key opens these but the admin secret; tests/integration/api/sales/test_admin.py tries them.
ADMIN = "/admin/"
OWNER_READS = {("GET", "/admin/monitoring-data")}
# Ends the key that calls it.
REPLACES = "/api/account/regenerate-key"
SOCKETS = {
    "/ws/stream": {"owner", "reader", "trader", "subscriber"},
    "/ws/signals": {"owner", "reader", "trader", "subscriber"},
    "/ingest/{platform}": {"owner"},
}


def may(role: str, method: str, template: str) -> bool:
    """Say what is promised of a role on a route that is not public."""
    if template.startswith(ADMIN):
        return role == "owner" and (method, template) in OWNER_READS
    return {
        "owner": True,
        "reader": method == "GET" or template in READERS_POSTS,
        "trader": method == "GET" or template in READERS_POSTS | TRADERS_POSTS,
        "subscriber": template in SUBSCRIBERS,
        "feeder": (method, template) in FEEDERS,
    }[role]


def key_of(stores: Stores, role: str) -> str:
    """Return a new key of a role, with the account or the scope that the role asks for."""
    account = scopes = None
    if role == "subscriber":
        account = stores.accounts.create(NewAccount(user_name="test"), "pro").id
    if role == "feeder":
        scopes = ["ingest:coinbase"]
    return stores.keys.create(role, "test", scopes=scopes or (), account_id=account)[0]


async def test_no_route_answers_nobody_or_a_revoked_key(
    api: Api, app: Application, stores: Stores
) -> None:
    plain, key = stores.keys.create("owner", "gone")
    stores.keys.revoke(key.id)
    tried = 0
    for method, template in routes(app):
        if method == "WEBSOCKET" or app.routes.is_public(template) or template.startswith(ADMIN):
            continue
        tried += 1
        for headers in ({}, {"X-API-Key": plain}):
            answer = await api.bare(method, path_of(template, SAMPLES), headers=headers)
            assert answer.status_code == 401, (method, template)
    assert tried > 20


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_gets_403_where_it_may_not_and_nowhere_else(
    api: Api, app: Application, stores: Stores, role: str
) -> None:
    # No worker ends the tasks that this begins: nobody waits for them.
    headers = {"X-API-Key": key_of(stores, role), "Prefer": "respond-async"}
    for method, template in routes(app):
        path = path_of(template, SAMPLES)
        if method == "WEBSOCKET":
            continue
        public = role != "feeder" and app.routes.is_public(path)
        answer = await api.bare(method, path, headers=headers)
        if template == REPLACES:
            headers["X-API-Key"] = key_of(stores, role)
        assert answer.status_code != 401, (method, template)
        refused = answer.status_code == 403
        assert refused == (not public and not may(role, method, template)), (method, template)


@pytest.mark.parametrize(
    "scopes", [["ingest:coinbase"], ["forecast:mine"], ["forecast:mine", "ingest:coinbase"]]
)
async def test_a_narrowed_key_opens_what_its_scopes_name_and_no_other_route(
    api: Api, app: Application, stores: Stores, scopes: list[str]
) -> None:
    allowed = set().union(*(SCOPES[scope] for scope in scopes))
    headers = {"X-API-Key": stores.keys.create("owner", "narrow", scopes=scopes)[0]}
    opened = set()
    for method, template in routes(app):
        if method != "WEBSOCKET":
            answer = await api.bare(method, path_of(template, SAMPLES), headers=headers)
            assert answer.status_code != 401, (method, template)
            opened |= {(method, template)} if answer.status_code != 403 else set()
    assert opened == allowed
    admitted = await _admitted(app, "/ingest/coinbase", "".join(headers.values()), by_header=True)
    assert admitted == ("ingest:coinbase" in scopes)


async def test_every_socket_admits_the_roles_that_it_should(
    app: Application, stores: Stores
) -> None:
    found = {template for method, template in routes(app) if method == "WEBSOCKET"}
    assert found == SOCKETS.keys()
    for template, roles in SOCKETS.items():
        for role in ROLES:
            plain = key_of(stores, role)
            for by_header in (True, False):
                admitted = await _admitted(app, path_of(template, SAMPLES), plain, by_header)
                assert admitted == (role in roles), (template, role, by_header)


async def _admitted(app: Application, path: str, plain: str, by_header: bool) -> bool:
    headers = {"X-API-Key": plain} if by_header else {}
    async with ASGIConductor(app) as conductor:
        with suppress(WebSocketDisconnected):
            async with conductor.simulate_ws(path, headers=headers) as ws:
                if by_header:
                    await ws.send_text("no json")
                    return "error" in await ws.receive_text()
                await ws.send_json({"type": "auth", "api_key": plain})
                return bool((await ws.receive_json())["type"] == "authenticated")
    return False
