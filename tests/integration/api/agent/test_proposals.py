"""A trade that the agent proposes: a decision that waits for a person, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from core.settings import Settings
from storage.access.access_keys import READER
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.trading.test_decisions import (  # noqa: F401
    DECISIONS,
    configure,
    decide,
)

ASKED = {"message": "propose a trade: buy BTCUSD"}


@pytest.fixture
def settings(redis_settings: Settings, request: pytest.FixtureRequest) -> Settings:
    wide = {"risk_notional": 0.5, "order_latency_ms": 0}
    return redis_settings.model_copy(update=wide | {"agent_propose": request.param})


@pytest.mark.parametrize("settings", ["on"], indirect=True)
async def test_a_proposal_is_the_sealed_signal_s_and_waits_for_its_account_s_word(
    api: Api,
    stores: Stores,
    decide: Callable[..., None],  # noqa: F811
) -> None:
    await configure(api, enabled=False)
    decide("s-1")
    reader = {"X-API-Key": stores.keys.create(READER, "reads")[0]}
    refused = (await api("POST", "/api/v1/chat", json=ASKED, headers=reader)).json
    assert [call["result"] for call in refused["tool_calls"]] == [{"error": "forbidden"}]
    assert (await api("GET", DECISIONS)).json["decisions"] == []

    told = (await api("POST", "/api/v1/chat", json=ASKED)).json
    (call,) = told["tool_calls"]
    assert (call["name"], call["ok"]) == ("propose_trade", True), told
    (made,) = (await api("GET", DECISIONS)).json["decisions"]
    assert (made["id"], made["state"], made["action"]) == ("dec-s-1", "pending", "BUY")
    assert (made["order_id"], stores.trading.orders(0, 10)) == (None, [])
    again = (await api("POST", "/api/v1/chat", json=ASKED)).json
    assert again["tool_calls"][0]["result"] == call["result"]
    other = await api("POST", "/api/v1/chat", json={"message": "propose a trade: sell BTCUSD"})
    assert other.json["tool_calls"][0]["result"] == {"error": "conflict"}
    assert len((await api("GET", DECISIONS)).json["decisions"]) == 1
    confirmed = await api("POST", f"{DECISIONS}/dec-s-1/confirm")
    assert (confirmed.status_code, confirmed.json["state"]) == (200, "confirmed")


@pytest.mark.parametrize("settings", ["off"], indirect=True)
async def test_nothing_is_proposed_unless_the_operator_allows_it(
    api: Api,
    decide: Callable[..., None],  # noqa: F811
) -> None:
    decide("s-1")
    told: Any = (await api("POST", "/api/v1/chat", json=ASKED)).json
    assert all(call["name"] != "propose_trade" or not call["ok"] for call in told["tool_calls"])
    assert (await api("GET", DECISIONS)).json["decisions"] == []
