"""`tickcast feeds`: what terminals push, and the clocks of their brokers."""

import pytest
from typer.testing import CliRunner

from core.brokers.messages import FeedMessage, PushedSeries, Terminal, TerminalClock
from core.clock.times import now_ms
from operate.cli import app
from storage.stores import Stores

RUNNER = CliRunner()


def run(*words: str) -> str:
    result = RUNNER.invoke(app, ["feeds", *words])
    if result.exception:
        raise result.exception
    return result.stdout


def test_feeds_are_listed_with_their_clock_their_terminals_and_their_symbols(
    opened: Stores,
) -> None:
    assert run("list") == "No terminal has pushed anything yet.\n"
    now = now_ms() // 1_000
    opening = now // 300 * 300 - 300
    bars = [[opening + 5 * 3_600, 1.1, 1.2, 1.0, 1.1, 9, 12]]
    message = FeedMessage(
        clock=TerminalClock(now + 5 * 3_600, now),
        terminal=Terminal("IC-Live07", "IC \x1b[31m", 4153),
        series=[PushedSeries("EURUSD.m", "M5", 5, 1e-5, bars)],
    )
    said = run("confirm-clock", "mt5-ic", "UTC+5")
    assert said == "mt5-ic runs by UTC+5; its days begin at 00:00 UTC+5.\n"
    opened.feeds.store("mt5-ic", message, {})
    listed = run("list")
    assert "mt5-ic  UTC+5 (by confirmed, +05:00 of UTC)  last push 20" in listed
    assert "candles: 1 accepted, 0 revised, 0 rejected" in listed
    assert "terminal: IC-Live07 IC" in listed
    assert "\x1b" not in listed
    assert "symbols: EURUSD (EURUSD.m)" in listed


def test_a_zone_that_there_is_none_of_is_refused(opened: Stores) -> None:
    with pytest.raises(SystemExit):
        run("confirm-clock", "mt5-ic", "Mars/Base")
    assert opened.feeds.platforms() == {}
