"""Positions of brokers with equal tickets, reported in any order, are what an oracle says.

`pytest -m slow` reports 10,000 of them.
"""

import json
import math
import os
import random
from typing import Any

import pytest

from core.clock.times import now_ms
from core.ledger import EXECUTIONS
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.made_executions import made_positions, made_reports

_FEW = 150
_MANY = int(os.environ.get("CAMPAIGN_EXECUTIONS", "10000"))
_SHOWN = (
    "ticket", "symbol", "timeframe", "signal", "confidence", "opened_at", "closed_at",
    "entry_price", "exit_price", "pnl", "result", "volume", "closed_volume", "commission", "swap",
)  # fmt: skip


@pytest.mark.parametrize(
    "count", [_FEW, pytest.param(_MANY, marks=[pytest.mark.slow, pytest.mark.timeout(1_800)])]
)
async def test_any_reports_in_any_order_are_what_an_oracle_says(
    api: Api, stores: Stores, count: int
) -> None:
    chance = random.Random(count)
    expected: dict[tuple[str, int], dict[str, Any]] = {}
    reports: list[dict[str, Any]] = []
    for key, truth in made_positions(count, now_ms() // 1_000).items():
        told, expected[key] = made_reports(truth, chance)
        reports += told
    chance.shuffle(reports)
    while reports:
        size = chance.randint(1, 100)
        await _post(api, reports[:size])
        reports = reports[size:]
    await _compare(api, expected)
    assert verify_ledger(stores.engine, stores.heads, EXECUTIONS).ok


async def _post(api: Api, part: list[dict[str, Any]]) -> None:
    answer = await api("POST", "/api/executions", body=json.dumps(part).encode())
    assert answer.status_code == 201, answer.text
    assert all(one["ok"] for one in answer.json)


async def _compare(api: Api, expected: dict[tuple[str, int], dict[str, Any]]) -> None:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    before: dict[str, Any] = {}
    while True:
        page = await api("GET", "/api/account/executions", params={"limit": 1_000, **before})
        found |= {(one["account"] or "", one["ticket"]): one for one in page.json["executions"]}
        if len(page.json["executions"]) < 1_000:
            break
        before = {"before": page.json["executions"][-1]["exec_id"]}
    assert found.keys() == expected.keys()
    for key, truth in expected.items():
        shown = {name: found[key][name] for name in _SHOWN}
        assert shown == {name: truth.get(name) for name in _SHOWN}
    _compare_sums(page.json["summary"], list(expected.values()))


def _compare_sums(summary: dict[str, Any], truths: list[dict[str, Any]]) -> None:
    closed = [one for one in truths if one.get("closed_at")]
    earned = [one["pnl"] for one in closed if one.get("pnl") is not None]
    gains = math.fsum(pnl for pnl in earned if pnl > 0)
    losses = -math.fsum(pnl for pnl in earned if pnl < 0)
    assert (summary["n_total"], summary["n_closed"]) == (len(truths), len(closed))
    assert summary["n_wins"] == sum(pnl > 0 for pnl in earned)
    assert summary["profit_factor"] == pytest.approx(gains / losses, abs=0.0051)
    assert summary["total_pnl"] == pytest.approx(gains - losses, abs=0.0051)
