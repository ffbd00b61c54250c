"""What agents that are not ours report of accounts of any kind ends as their brokers have it."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from core.clock.times import now_ms
from core.ledger import EXECUTIONS
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.robots.other_brokers import HEDGING, MT4, NETTING, OtherBroker

EVENTS = 60
TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded"]
# What a repeated report may leave out; null erases nothing.
MAY_LACK = ("volume", "closed_volume", "pnl", "commission", "swap", "exit_price", "result", "sl")


async def post(api: Api, drawn: random.Random, told: Any) -> Any:
    body = json.dumps(told).encode() + b"\0" * drawn.randrange(3)
    return await api(
        "POST", "/api/executions", body=body, headers={"Content-Type": drawn.choice(TYPES)}
    )


async def shown(api: Api) -> dict[tuple[str, int], dict[str, Any]]:
    answer = await api("GET", "/api/account/executions", params={"limit": 1_000})
    return {(row["account"], row["ticket"]): row for row in answer.json["executions"]}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))]
)
async def test_tickets_that_change_grow_turn_and_are_stopped_out_are_what_their_brokers_have(
    api: Api, stores: Stores, seed: int
) -> None:
    drawn = random.Random(seed)
    begin = now_ms() // 1_000 - 10 * 86_400
    brokers = [OtherBroker(habit, 7, begin, seed) for habit in (MT4, NETTING, HEDGING)]
    reports: list[dict[str, Any]] = []
    for broker in brokers:
        broker.live(EVENTS)
        for told in broker.reports:
            lacks = {name: None for name in MAY_LACK if drawn.random() < 0.5}
            again = [told, {name: lacks.get(name, value) for name, value in told.items()}]
            reports += [told, *drawn.choices(again, k=drawn.randrange(5))]
    drawn.shuffle(reports)
    while reports:
        size = drawn.choice([1, 20, 100])
        part, reports = reports[:size], reports[size:]
        answer = await post(api, drawn, part if size > 1 else part[0])
        assert answer.status_code == 201, answer.text
        if size > 1:
            assert [one for one in answer.json if not one["ok"]] == []
    found = await shown(api)
    expected = {
        (f"{broker.account['server']}:7", ticket): truth
        for broker in brokers
        for ticket, truth in broker.truth()
    }
    assert found.keys() == expected.keys()
    assert len({ticket for _, ticket in expected}) < len(expected) - 20
    for key, truth in expected.items():
        told = {name: found[key][name] for name in truth}
        assert told == {
            name: pytest.approx(float(value), abs=1e-9) if isinstance(value, Decimal) else value
            for name, value in truth.items()
        }
    await _another_side_is_another_position(api, brokers[1], found)
    assert verify_ledger(stores.engine, stores.heads, EXECUTIONS).ok


async def _another_side_is_another_position(
    api: Api, broker: OtherBroker, found: dict[tuple[str, int], dict[str, Any]]
) -> None:
    """Report a position that was turned under the ticket that it had before."""
    told = broker.reports[0]
    turned = told | {"signal": "SELL" if told["signal"] == "BUY" else "BUY"}
    answer = await post(api, random.Random(0), turned)
    assert (answer.status_code, answer.json["error"]) == (409, "ticket_reused")
    assert await shown(api) == found
