"""Who listens to a market is told of its signals as they are sealed."""

import asyncio
import json
from typing import Any

import pytest
from falcon.testing import ASGIConductor

from api.app import Application
from storage.stores import Stores
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal

pytestmark = pytest.mark.clock


async def test_a_sealed_signal_is_told_to_readers_of_its_market(
    app: Application, key: str, stores: Stores, seal: Seal
) -> None:
    async def receive(ws: Any) -> Any:
        return json.loads(await asyncio.wait_for(ws.receive_text(), 10))

    wanted = {"action": "subscribe", "platform": "mt5", "symbols": ["EURUSD"]}
    rows = [seal(GOLD), seal(EURUSD)]
    async with (
        ASGIConductor(app) as conductor,
        conductor.simulate_ws("/ws/stream", headers={"X-API-Key": key}) as ws,
    ):
        while not (before := stores.redis.pubsub_numpat()):  # whoever waits for jobs listens first
            await asyncio.sleep(0.02)
        await ws.send_text(json.dumps(wanted | {"channels": ["signals"]}))
        assert (await receive(ws))["channels"] == ["signals"]
        while stores.redis.pubsub_numpat() <= before:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(stores.board.tell, rows)
        told = await receive(ws)
    assert (told["channel"], told["platform"], told["symbol"]) == ("signals", "mt5", "EURUSD")
    assert told["signal"]["pred_id"] == rows[1].seq
    assert (told["signal"]["signal"], told["signal"]["timeframe"]) == ("BUY", "M15")
