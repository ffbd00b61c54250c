"""`tickcast accounts`: made with a key that is shown once, changed, ended."""

from click.testing import Result
from typer.testing import CliRunner

from core.forecast_target import ForecastTarget
from operate.cli import app
from storage.stores import Stores

RUNNER = CliRunner()


def _run(*words: str, command: str = "accounts") -> Result:
    result = RUNNER.invoke(app, [command, *words])
    if result.exception:
        raise result.exception
    return result


def test_an_account_is_made_with_a_plan_and_a_key_shown_once(opened: Stores) -> None:
    words = ("create", "Joana", "--email", "j@example.com", "--plan", "basic", "--days", "2")
    plain = _run(*words, "--symbol", "EURUSD", "--timeframe", "H1").stdout.strip()
    key = opened.keys.find(plain)
    assert key
    assert (key.role, key.account_id) == ("subscriber", 1)
    assert opened.accounts.get(1).tfs_allowed == (3_600,)
    listed = _run("list").stdout
    assert listed.startswith("1  Joana  j@example.com  basic  until ")
    shown = _run("show", "1").stdout
    assert "symbols: EURUSD\ntimeframes: 1h\n" in shown
    assert key.hint in shown
    assert plain not in listed + shown


def test_a_key_that_was_replaced_is_shown_to_end(opened: Stores) -> None:
    key = opened.keys.find(_run("create", "Joana").stdout.strip())
    assert key
    opened.keys.rotate(key.id, 60_000)
    old, new = (line for line in _run("show", "1").stdout.splitlines() if line.startswith("key: "))
    assert f"{key.hint}  active until " in old
    assert new.endswith("  active")


def test_a_plan_is_changed_and_ended_and_another_key_made(opened: Stores) -> None:
    first = _run("create", "Joana").stdout.strip()
    second = _run("key", "1").stdout.strip()
    assert first != second
    assert {opened.keys.find(plain).account_id for plain in (first, second)} == {1}  # type: ignore[union-attr]
    assert (
        "pro  until 2099-01-01T00:00:00Z"
        in _run("plan", "1", "pro", "--until", "2099-01-01T00:00:00Z").stdout
    )
    assert "no plan" in _run("end", "1").stdout


def test_plans_are_listed_with_what_they_allow_and_what_of_it_is_offered(opened: Stores) -> None:
    assert "  0 of 0 slots\n" in _run(command="plans").stdout
    slots = [("EURUSD", 3_600), ("EURUSD", 14_400), ("USDJPY", 3_600), ("XAUUSD", 900)]
    opened.slots.offer([ForecastTarget("mt5", *slot, 6, "barrier_signals") for slot in slots])
    basic, seen, pro, all_, *_ = _run(command="plans").stdout.splitlines()
    assert basic == "basic: EURUSD, GBPUSD, XAUUSD in H1, H4, 300 calls a minute"
    assert seen == "  2 of 4 slots: EURUSD H1 H4"
    assert pro == "pro: all symbols in all timeframes, 300 calls a minute"
    assert all_ == "  4 of 4 slots: EURUSD H1 H4; USDJPY H1; XAUUSD M15"
