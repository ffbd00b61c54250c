"""Terminals report positions in whatever form MetaTrader sends them, and are told what became."""

import asyncio
import json
from typing import Any

import pytest

from core.clock.times import format_time, now_ms
from core.forecast_target import ForecastTarget
from core.ledger import EXECUTIONS
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api

pytestmark = pytest.mark.clock
EURUSD = ForecastTarget("mt5", "EURUSD", 3_600, 12, "barrier_signals")
# Of source 002, in its order.
SOURCE_FIELDS = [
    "exec_id", "ticket", "symbol", "timeframe", "signal", "confidence", "opened_at", "closed_at",
    "entry_price", "exit_price", "pnl", "result",
]  # fmt: skip
SUMMARY_FIELDS = [
    "days", "n_total", "n_closed", "n_wins", "n_losses", "win_rate_pct", "profit_factor",
    "total_pnl", "gross_profit", "gross_loss",
]  # fmt: skip


def ago(seconds: int) -> str:
    """Return an instant so long ago."""
    return format_time((now_ms() // 1_000 - seconds) * 1_000)


def report(ticket: int = 987654321, **other: Any) -> dict[str, Any]:
    """Return the body of the source, opened ten minutes ago."""
    told = {
        "pred_id": None, "ticket": ticket, "symbol": "EURUSD", "timeframe": "H1", "signal": "BUY",
        "confidence": 0.67, "opened_at": ago(600), "closed_at": None, "entry_price": 1.0823,
        "exit_price": None, "pnl": None, "result": None,
    }  # fmt: skip
    return told | other


async def post(api: Api, body: Any, **more: Any) -> Any:
    """Post a report or a list of them."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api("POST", "/api/executions", body=text, **more)


async def test_a_position_is_created_then_updated_and_shown_with_its_sums(api: Api) -> None:
    since = ago(600)
    opened = await post(api, report(opened_at=since))
    assert opened.status_code == 201
    assert opened.json == {
        "ok": True, "exec_id": 1, "ticket": 987654321, "action": "created", "pred_id": None,
        "matched": False, "warnings": ["not_matched"],
    }  # fmt: skip
    closing = report(opened_at=since, closed_at=ago(5), exit_price=1.0851, pnl=12.45, result="TP")
    closed = await post(api, closing)
    assert (closed.status_code, closed.json["action"], closed.json["exec_id"]) == (
        201, "updated", 1,
    )  # fmt: skip
    late = await post(api, report(opened_at=since))
    assert late.json["action"] == "updated"
    shown = (await api("GET", "/api/account/executions")).json
    (row,) = shown["executions"]
    assert list(row)[: len(SOURCE_FIELDS)] == SOURCE_FIELDS
    sent = {name: closing[name] for name in SOURCE_FIELDS[1:]}
    assert {name: row[name] for name in sent} == sent
    assert row["revisions"] == 3
    assert list(shown["summary"])[: len(SUMMARY_FIELDS)] == SUMMARY_FIELDS
    sums = {name: shown["summary"][name] for name in SUMMARY_FIELDS}
    assert sums == {
        "days": 30, "n_total": 1, "n_closed": 1, "n_wins": 1, "n_losses": 0, "win_rate_pct": 100.0,
        "profit_factor": None, "total_pnl": 12.45, "gross_profit": 12.45, "gross_loss": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"]
)
async def test_a_body_is_read_as_metatrader_sends_it(api: Api, content_type: str | None) -> None:
    body = json.dumps(report(ticket="9223372036854775807", new_field=[1])).encode() + b"\0"
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await post(api, body, headers=headers)
    assert (answer.status_code, answer.json["ticket"]) == (201, 2**63 - 1)


async def test_what_is_not_known_stands_in_the_chain_all_the_same(api: Api, stores: Stores) -> None:
    sent = report(new_field="x")
    await post(api, sent)
    with stores.engine.connect() as connection:
        body = connection.exec_driver_sql("SELECT body FROM execution_reports").scalar_one()
    assert json.loads(body) == sent
    verified = await api("GET", "/ledger/verify", params={"chain": EXECUTIONS})
    assert (verified.json["ok"], verified.json["ledger"], verified.json["rows"]) == (
        True, EXECUTIONS, 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"entry_price": 0}, "entry_price"), ({"entry_price": -1.1}, "entry_price"),
        ({"exit_price": 0.0}, "exit_price"), ({"confidence": 1.2}, "confidence"),
        ({"ticket": 0}, "ticket"), ({"ticket": "9" * 19}, "ticket"),
        ({"ticket": -4}, "ticket"), ({"ticket": "12a"}, "ticket"),
        ({"signal": "NO_TRADE"}, "signal"), ({"timeframe": "H7"}, "timeframe"),
        ({"opened_at": "soon"}, "opened_at"), ({"opened_at": None}, "opened_at"),
        ({"symbol": ""}, "symbol"), ({"closed_at": "2020-01-01T00:00:00Z"}, "closed_at"),
        ({"opened_at": "2020-01-01T00:00:00Z"}, "opened_at"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_name(
    api: Api, stores: Stores, change: dict[str, Any], field: str
) -> None:
    answer = await post(api, report(**change))
    assert (answer.status_code, answer.json["error"]) == (422, "invalid_request")
    assert field in answer.json["detail"]
    assert not stores.executions.money(None, 0)


@pytest.mark.parametrize("field", ["entry_price", "pnl", "exit_price", "confidence", "volume"])
@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_no_number_is_refused_by_name(api: Api, field: str, word: str) -> None:
    text = json.dumps(report(**{field: "HERE"})).replace('"HERE"', word)
    answer = await post(api, text.encode())
    assert (answer.status_code, field in answer.json["detail"]) == (422, True)


async def test_a_ticket_of_another_position_is_a_409(api: Api) -> None:
    await post(api, report())
    for change in ({"symbol": "GBPUSD"}, {"signal": "SELL"}, {"entry_price": 1.09}):
        answer = await post(api, report(**change))
        assert (answer.status_code, answer.json["error"]) == (409, "ticket_reused")
    assert (await post(api, report(entry_price=1.08231))).status_code == 201


@pytest.mark.parametrize("name", ["EURUSD.m", "#EURUSD", "EURUSD+", "EURUSD-ECN"])
async def test_a_brokers_name_of_a_market_is_that_market(api: Api, name: str) -> None:
    await post(api, report())
    answer = await post(api, report(symbol=name))
    assert (answer.status_code, answer.json["action"]) == (201, "updated")
    (shown,) = (await api("GET", "/api/account/executions")).json["executions"]
    assert shown["symbol"] == "EURUSD"


async def test_a_terminal_may_say_0_where_it_has_set_no_exit(api: Api) -> None:
    answer = await post(api, report(sl=0.0, tp=0))
    assert answer.status_code == 201


async def test_equal_tickets_of_two_terminals_are_two_positions(api: Api) -> None:
    accounts = [{"login": 1, "server": "A"}, {"login": "1", "server": "B"}, None]
    ids = [(await post(api, report(account=one))).json["exec_id"] for one in accounts]
    assert ids == [1, 2, 3]
    shown = (await api("GET", "/api/account/executions")).json["executions"]
    assert [one["account"] for one in shown] == [None, "B:1", "A:1"]


async def test_each_report_of_a_list_is_answered_alone(api: Api) -> None:
    answer = await post(api, [report(1), report(2, entry_price=0), 7, report(1, signal="SELL")])
    assert answer.status_code == 201
    assert [one["ok"] for one in answer.json] == [True, False, False, False]
    assert [one.get("error") for one in answer.json] == [
        None, "invalid_request", "invalid_request", "ticket_reused",
    ]  # fmt: skip
    assert [one["ticket"] for one in answer.json] == [1, 2, None, 1]
    nothing = await post(api, [report(3, entry_price=0), report(4, timeframe="H7")])
    assert (nothing.status_code, "entry_price" in nothing.json["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [([], 422), ([report(n) for n in range(1, 102)], 422), (report(note="x" * 17_000), 413),
     (b"\0", 400), (b"{", 400), (b'"a"', 422)],
)  # fmt: skip
async def test_bodies_of_a_wrong_form_are_refused(api: Api, body: Any, status: int) -> None:
    assert (await post(api, body)).status_code == status


async def test_a_time_without_a_zone_is_the_brokers_where_its_offset_is_told(api: Api) -> None:
    opened = now_ms() // 1_000 * 1_000 - 60_000
    broker = format_time(opened + 10_800_000)[:-1]
    for ticket, text in enumerate((broker, broker.replace("-", ".").replace("T", " ")), 1):
        answer = await post(api, report(ticket, opened_at=text, utc_offset_s=10_800))
        assert answer.status_code == 201
    shown = (await api("GET", "/api/account/executions")).json["executions"]
    assert {one["opened_at"] for one in shown} == {format_time(opened)}
    future = await post(api, report(3, opened_at=broker))
    assert (future.status_code, "opened_at" in future.json["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("said", "word", "raw"),
    [("tp", "TP", None), ("DEAL_REASON_SL", "OTHER", "DEAL_REASON_SL"), (4, "OTHER", "4")],
)
async def test_any_word_for_a_result_is_kept(
    api: Api, said: Any, word: str, raw: str | None
) -> None:
    assert (await post(api, report(result=said))).status_code == 201
    (row,) = (await api("GET", "/api/account/executions")).json["executions"]
    assert (row["result"], row["reason_raw"]) == (word, raw)


async def test_a_clock_hours_off_and_an_unknown_prediction_are_warned_of(api: Api) -> None:
    answer = await post(api, report(opened_at=ago(7_200), pred_id=12345))
    assert answer.json["pred_id"] == 12345
    assert answer.json["warnings"] == ["pred_id_unknown", "clock_suspect"]


async def test_an_account_sees_its_own_positions_and_the_owner_all(
    api: Api, stores: Stores
) -> None:
    stores.slots.offer([EURUSD])
    plain = {}
    for name in ("a", "b"):
        account = stores.accounts.create(NewAccount(user_name=name), "pro").id
        plain[name] = stores.keys.create("subscriber", name, account_id=account)[0]
        answer = await post(api, report(7), headers={"X-API-Key": plain[name]})
        assert answer.json["action"] == "created"
    for key, count in ((plain["a"], 1), (plain["b"], 1), (None, 2)):
        headers = {"X-API-Key": key} if key else {}
        shown = await api("GET", "/api/account/executions", headers=headers)
        assert len(shown.json["executions"]) == shown.json["summary"]["n_total"] == count


async def test_money_of_two_currencies_is_never_added(api: Api) -> None:
    for ticket, currency in ((1, "USD"), (2, "EUR")):
        told = {"closed_at": ago(5), "pnl": 5.0, "account": {"login": 1, "currency": currency}}
        await post(api, report(ticket, **told))
    summary = (await api("GET", "/api/account/executions")).json["summary"]
    assert (summary["n_wins"], summary["total_pnl"], summary["currency"]) == (2, None, None)
    assert summary["by_currency"]["EUR"]["total_pnl"] == 5.0


async def test_who_has_no_plan_any_more_reports_what_was_opened_before(
    api: Api, stores: Stores
) -> None:
    account = stores.accounts.create(NewAccount(user_name="a"), "basic").id
    plain, key = stores.keys.create("subscriber", "a", account_id=account)
    headers = {"X-API-Key": plain}
    assert (await post(api, report(1), headers=headers)).json["action"] == "created"
    stores.accounts.end(account)
    await asyncio.sleep(0.6)  # a good key is believed for half a second
    both = await post(api, [report(1, closed_at=ago(1), pnl=-3.0), report(2)], headers=headers)
    assert both.status_code == 201
    assert [one["ok"] for one in both.json] == [True, False]
    assert both.json[1]["error"] == "key_expired"
    assert (await post(api, report(2), headers=headers)).status_code == 401
    assert (await api("GET", "/api/account/executions", headers=headers)).status_code == 401
    stores.keys.revoke(key.id)
    assert (await post(api, report(1), headers=headers)).json["error"] == "key_revoked"
