"""The paper account from the caller's side: what is sent, what is shown, and exit codes."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from client import Tickcast
from client.cli import app

ROUTE = "/api/v1/auto-trade"
SWITCHED = {
    "state": "HALTED", "epoch": 7, "reason": "by hand", "acknowledged": True, "in_flight": [],
    "cancelled": ["12"], "changed_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
PROOF = {"ok": True, "rows": 4, "replayed": 4, "head": "ab", "differences": [], "chain_ok": True,
         "chain_reason": None}  # fmt: skip


def order(number: int, **other: Any) -> dict[str, Any]:
    """Return as much of an order as is shown."""
    return {
        "id": str(number), "created_at": "2026-01-01T00:00:00Z", "state": "filled", "action": "BUY",
        "volume": 0.01, "symbol": "XAUUSD", "price": None, "fill_price": 2_350.51, "reason": "",
        "refused_by": None,
    } | other  # fmt: skip


def command(server: Any, *words: str) -> Result:
    environment = {"TICKCAST_URL": server.url, "TICKCAST_API_KEY": "a-key"}
    return CliRunner().invoke(app, ["trading", *words], env=environment)


def test_orders_of_all_pages_are_listed(server: Any) -> None:
    pages = [
        {"orders": [order(3), order(2)], "next_cursor": "c"},
        {"orders": [order(1, state="refused", refused_by="stop_loss")], "next_cursor": None},
    ]
    server.answers("GET", f"{ROUTE}/orders", *map(server.answer, pages))

    shown = command(server, "orders", "--limit", "0")

    assert shown.exit_code == 0, shown.stderr
    assert [line.split()[0] for line in shown.stdout.splitlines()[2:]] == ["3", "2", "1"]
    assert "stop_loss" in shown.stdout
    assert [one.query.get("cursor") for one in server.asked] == [None, "c"]


@pytest.mark.parametrize(("acknowledged", "code"), [(True, 0), (False, 1)])
def test_a_halt_exits_with_1_unless_it_is_acknowledged(
    server: Any, acknowledged: bool, code: int
) -> None:
    told = SWITCHED | {"acknowledged": acknowledged}
    server.answers("POST", f"{ROUTE}/halt", server.answer(told))

    halted = command(server, "halt", "--reason", "a test", "--flatten")

    assert (halted.exit_code, "HALTED" in halted.stdout) == (code, True)
    assert json.loads(server.asked[0].body) == {
        "reason": "a test", "flatten": True, "scope": "account"
    }  # fmt: skip


def test_who_resumes_says_why(server: Any) -> None:
    assert command(server, "resume").exit_code == 2
    assert server.asked == []


def test_a_difference_is_shown_and_exit_code_1(server: Any) -> None:
    differs = {"ok": False, "differences": [{"number": 3, "reason": "another fill"}]}
    server.answers("GET", f"{ROUTE}/verify", server.answer(PROOF | differs))

    found = command(server, "verify")

    assert (found.exit_code, "another fill" in found.stdout) == (1, True)


def test_an_order_is_sent_again_under_the_same_id(server: Any, tickcast: Tickcast) -> None:
    busy = server.error(503, "unavailable", "Busy.", Retry_After="0")
    server.answers("POST", "/api/mt4/trade", busy, server.answer({"order_id": "1"}))

    assert tickcast.trade("XAUUSD", "BUY", 0.01, stop_loss=2_340.0)["order_id"] == "1"

    first, second = (json.loads(one.body)["client_order_id"] for one in server.asked)
    assert first == second


def test_a_rule_is_stated_and_shown_with_how_the_account_stands_to_it(server: Any) -> None:
    standing = {
        "stated_at": "2026-01-01T00:00:00Z", "max_drawdown": 0.1, "min_brier_skill": None,
        "by_trades": 50, "trades": 3, "drawdown": 0.04, "brier_skill": None, "p_value": 1.0,
        "broken": None,
    }  # fmt: skip
    server.answers("POST", f"{ROUTE}/config", server.answer({"config": {}}))
    server.answers("GET", f"{ROUTE}/status", server.answer({"stopping": standing}))

    shown = command(server, "rule", "--max-drawdown", "0.1", "--reason", "a test")

    assert shown.exit_code == 0, shown.stderr
    assert json.loads(server.asked[0].body) == {
        "stop_rule": {"max_drawdown": 0.1}, "stop_reason": "a test"
    }  # fmt: skip
    assert "4" in shown.stdout
    assert "not broken" in shown.stdout


def test_who_stated_no_rule_is_told_how(server: Any) -> None:
    server.answers("GET", f"{ROUTE}/status", server.answer({"stopping": None}))

    shown = command(server, "rule")

    assert (shown.exit_code, "--max-drawdown" in shown.stdout) == (0, True)
    assert [one.method for one in server.asked] == ["GET"]
