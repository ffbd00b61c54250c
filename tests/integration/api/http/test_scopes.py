"""A key that is narrowed to a platform or a forecaster opens that and nothing else."""

import json

import pytest
from falcon import WebSocketDisconnected
from falcon.testing import ASGIConductor

from api.app import Application
from core.errors import InvalidRequest
from storage.stores import Stores
from tests.integration.api.conftest import Api

TRADE = json.dumps({"type": "trade", "symbol": "A-B", "price": "1", "size": "1"})
CANDLES = json.dumps({"symbol": "A-B", "resolution": 60, "candles": [[0, 1, 1, 1, 1, 1]]})


@pytest.fixture
def narrow(stores: Stores) -> dict[str, str]:
    plain, _ = stores.keys.create("owner", "feeder", scopes=["ingest:binance"])
    return {"X-API-Key": plain}


async def test_it_feeds_its_platform(api: Api, narrow: dict[str, str]) -> None:
    fed = await api("POST", "/ingest/binance", headers=narrow, body=TRADE)
    assert fed.status_code == 202
    stored = await api("POST", "/ingest/candles/binance", headers=narrow, body=CANDLES)
    assert stored.status_code in (200, 202)


async def test_it_opens_nothing_else(
    app: Application, api: Api, narrow: dict[str, str], stores: Stores
) -> None:
    for method, path in (
        ("POST", "/ingest/coinbase"),
        ("POST", "/ingest/candles/coinbase"),
        ("POST", "/ingest/kline/coinbase"),
        ("GET", "/tasks"),
        ("GET", "/candles"),
        ("GET", "/metrics"),
        ("POST", "/watch"),
        ("POST", "/lstm/train"),
        ("DELETE", "/watch"),
        ("GET", "/ledger/verify"),
    ):
        refused = await api(method, path, headers=narrow, body=TRADE)
        assert (refused.status_code, refused.json["error"]) == (403, "forbidden"), path
    async with ASGIConductor(app) as conductor:
        for path in ("/ws/stream", "/ingest/coinbase"):
            with pytest.raises(WebSocketDisconnected):
                async with conductor.simulate_ws(path, headers=narrow):
                    pass
        async with conductor.simulate_ws("/ingest/binance", headers=narrow) as ws:
            await ws.send_text(TRADE)
            assert json.loads(await ws.receive_text())["accepted"] == 1


async def test_a_scope_may_mean_all_platforms_and_rotation_keeps_it(
    api: Api, stores: Stores
) -> None:
    _, made = stores.keys.create("owner", "feeder", scopes=["ingest:*"])
    plain, again = stores.keys.rotate(made.id)
    assert again.scopes == ("ingest:*",)
    for platform in ("binance", "coinbase"):
        fed = await api("POST", f"/ingest/{platform}", headers={"X-API-Key": plain}, body=TRADE)
        assert fed.status_code == 202
    assert (await api("GET", "/tasks", headers={"X-API-Key": plain})).status_code == 403


async def test_a_forecaster_s_key_speaks_for_him_alone_and_in_no_other_s_ledger(
    api: Api, stores: Stores
) -> None:
    plain, _ = stores.keys.create("owner", "mine", scopes=["forecast:mine"])
    item = {"platform": "a", "symbol": "A-B", "resolution": 60, "opening": 60, "predicted": 1.0}
    for forecaster, ledger, status in (
        ("mine", "live", 200),
        ("mine", "walk.mine", 200),
        ("mine", "walk.other", 403),
        ("other", "live", 403),
        ("other", "walk.mine", 403),
    ):
        body = {"forecaster": forecaster, "ledger": ledger, "forecasts": [item]}
        answer = await api("POST", "/ledger/forecasts", headers={"X-API-Key": plain}, json=body)
        assert answer.status_code == status, (forecaster, ledger)
    everybodys, _ = stores.keys.create("owner", "desk", scopes=["forecast:*"])
    body = {"forecaster": "other", "forecasts": [item]}
    answer = await api("POST", "/ledger/forecasts", headers={"X-API-Key": everybodys}, json=body)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "scope",
    ["", "ingest", "ingest:", "ingest:a b", "read:x", "ingest:a:b", "forecast:", "forecast"],
)
def test_a_scope_that_means_nothing_is_refused(stores: Stores, scope: str) -> None:
    with pytest.raises(InvalidRequest):
        stores.keys.create("owner", "x", scopes=[scope])
