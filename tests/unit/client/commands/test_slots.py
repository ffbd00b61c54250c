"""Slots and the ledger from the caller's side: what is sent, and what is checked here."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from client import BadLedger, Tickcast
from client.cli import app
from core.ledger import FORECASTS, genesis, row_hash

SCORES = {"mae": 1.0, "rmse": 1.5, "skill": {"value": 0.01, "low": -0.01, "high": 0.03}}
RESULT = {"n": 9, "scores": SCORES, "baseline_scores": SCORES, "verdict": "unproven", "folds": []}


def _ledger(count: int) -> list[dict[str, Any]]:
    """Return rows as the server shows them, hashed as it hashes them."""
    rows, head = [], genesis(FORECASTS, live=True)
    for seq in range(1, count + 1):
        opening = 1_700_000_100 + 300 * seq
        plain = {"seq": seq, "made_at": opening * 1_000, "platform": "coinbase",
                 "symbol": "BTC-USD", "resolution": 300, "horizon": 1, "model": "ewma",
                 "opening": opening, "first_opening": opening, "input_end": opening,
                 "predicted": 100 + seq / 7, "low_80": 99.0, "high_80": 101.5, "low_95": 98.0,
                 "high_95": 103.0, "prob_up": 0.5, "last_price": 100.1, "model_hash": "a",
                 "data_hash": "b"}  # fmt: skip
        digest = row_hash(FORECASTS, head, plain)
        rows.append(_shown(plain) | {"prev_hash": head, "hash": digest})
        head = digest
    return rows


def _shown(plain: dict[str, Any]) -> dict[str, Any]:
    kept = ("seq", "platform", "symbol", "resolution", "horizon", "model", "predicted",
            "prob_up", "model_hash", "data_hash")  # fmt: skip
    shown = {name: plain[name] for name in kept}
    for name, scale in (("made_at", 1_000), ("opening", 1), ("first_opening", 1), ("input_end", 1)):
        shown[name] = _iso(plain[name] // scale)
    intervals = {"0.8": [plain["low_80"], plain["high_80"]],
                 "0.95": [plain["low_95"], plain["high_95"]]}  # fmt: skip
    more = {"ledger": "live", "realised": None, "error": None, "baseline_error": None}
    return shown | more | {"intervals": intervals, "baseline": {"last_price": plain["last_price"]}}


def _iso(seconds: int) -> str:
    from core.clock.times import format_time

    return format_time(seconds * 1_000)


def _serve(server: Any, rows: list[dict[str, Any]], broken: str = "", **told: Any) -> None:
    """Have a server tell of a ledger in pages of two, and call it whole."""
    pages = [rows[i : i + 2] for i in range(0, len(rows), 2)]
    bodies = [
        {"rows": page, "next_cursor": None if page is pages[-1] else f"c{number}"}
        for number, page in enumerate(pages)
    ]
    server.answers("GET", "/ledger", *[server.answer(body) for body in bodies])
    one = {"ok": True, "ledger": "live", "rows": len(rows), "head": rows[-1]["hash"],
           "first_bad": None, "reason": None, "events": 0, "events_head": ""} | told  # fmt: skip
    others = [one | {"ok": chain != broken, "ledger": chain} for chain in ("signals", "executions")]
    answers = [server.answer(each | {"ledgers": [each]}) for each in (one, *others)]
    server.answers("GET", "/ledger/verify", *answers)


def test_rows_are_read_page_by_page_into_one_frame(server: Any, tickcast: Tickcast) -> None:
    _serve(server, _ledger(5))
    frame = tickcast.ledger(model="ewma")
    assert frame["seq"].tolist() == [1, 2, 3, 4, 5]
    assert frame["low_80"].iloc[0] == 99.0
    assert str(frame.index.tz) == "UTC"
    assert [asked.query.get("cursor") for asked in server.asked] == [None, "c0", "c1"]


def test_hashes_are_recomputed_on_this_side(server: Any, tickcast: Tickcast) -> None:
    _serve(server, _ledger(5))
    found = tickcast.verify_ledger()
    assert (found["ok"], found["recomputed"]) == (True, 5)
    asked = [each.query for each in server.asked if each.path == "/ledger/verify"]
    assert asked == [{}, {"chain": "signals"}, {"chain": "executions"}]
    assert [one["ledger"] for one in found["ledgers"]] == ["live", "signals", "executions"]


def test_a_broken_chain_of_signals_is_what_is_told(server: Any, tickcast: Tickcast) -> None:
    _serve(server, _ledger(2), broken="signals")
    found = tickcast.verify_ledger()
    assert (found["ok"], found["ledger"], found["recomputed"]) == (False, "signals", 2)
    assert [one["ok"] for one in found["ledgers"]] == [True, False, True]


@pytest.mark.parametrize(
    ("field", "value"), [("predicted", 1.0), ("made_at", "2020-01-01T00:00:00Z"), ("prob_up", 0.9)]
)
def test_a_server_that_calls_changed_rows_whole_is_not_believed(
    server: Any, tickcast: Tickcast, field: str, value: Any
) -> None:
    rows = _ledger(3)
    rows[1][field] = value
    _serve(server, rows)
    with pytest.raises(BadLedger):
        tickcast.verify_ledger()


def test_a_head_that_the_rows_do_not_lead_to_is_not_believed(
    server: Any, tickcast: Tickcast
) -> None:
    _serve(server, _ledger(3), head="0" * 64)
    with pytest.raises(BadLedger):
        tickcast.verify_ledger()


def test_an_evaluation_sends_only_what_was_said(server: Any, tickcast: Tickcast) -> None:
    server.answers("POST", "/evaluate", server.answer({"status": "queued", "task_id": "t1"}, 202))
    server.answers("GET", "/tasks/t1", server.task_answer("queued"))
    server.answers(
        "GET", "/tasks/t1/events", server.events(server.task("succeeded", result=RESULT))
    )
    task = tickcast.evaluate("BTC-USD", "5m", horizon=6, model="ewma", seed=3)
    assert task.result == RESULT
    sent = json.loads(server.asked[0].body)
    assert sent == {
        "symbol": "BTC-USD",
        "resolution": "5m",
        "horizon": 6,
        "model": "ewma",
        "seed": 3,
    }


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_the_command_says_by_its_exit_whether_the_ledger_is_whole(
    server: Any, monkeypatch: pytest.MonkeyPatch, ok: bool, code: int
) -> None:
    monkeypatch.setenv("TICKCAST_URL", server.url)
    monkeypatch.setenv("TICKCAST_API_KEY", "k")
    _serve(server, _ledger(2), ok=ok)
    done = CliRunner().invoke(app, ["verify"])
    assert done.exit_code == code, done.output
    assert "live" in done.output


def test_the_command_evaluates_and_tells_the_verdict(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKCAST_URL", server.url)
    monkeypatch.setenv("TICKCAST_API_KEY", "k")
    server.answers("POST", "/evaluate", server.answer({"status": "queued", "task_id": "t1"}, 202))
    server.answers("GET", "/tasks/t1", server.task_answer("queued"))
    server.answers(
        "GET", "/tasks/t1/events", server.events(server.task("succeeded", result=RESULT))
    )
    done = CliRunner().invoke(app, ["evaluate", "coinbase", "BTC-USD", "5m", "--model", "ewma"])
    assert done.exit_code == 0, done.output
    assert "last price" in done.output
