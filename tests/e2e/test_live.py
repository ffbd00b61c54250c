"""A live feed into a running Tickcast: killed and started again, it leaves nothing out."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import LIVE_TRADES, wait_for

Start = Callable[[], "subprocess.Popen[str]"]
MARKET = "coinbase/ETH-USD"


@pytest.fixture
def start_feed(stack: RunningTickcast, replay: str) -> Iterator[Start]:
    """Start `tickcast feed`; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        words = ("feed", "coinbase", "ETH-USD", "--exchange-url", replay, "--json")
        process = subprocess.Popen(
            [sys.executable, "-m", "client.cli", *words],
            env=os.environ | {"TICKCAST_URL": stack.url, "TICKCAST_API_KEY": stack.key},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_feed_that_was_killed_leaves_no_trade_out_and_no_gap_open(
    http: httpx.Client, start_feed: Start
) -> None:
    def ids() -> list[int]:
        answer = http.get(f"/trades/{MARKET}", params={"limit": 10_000})
        return [row["trade_id"] for row in answer.json().get("trades", [])]

    killed = start_feed()
    wait_for(lambda: len(ids()) > 150, what="the first trades")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    missed_from = ids()[-1]
    resumed = start_feed()
    wait_for(lambda: LIVE_TRADES[-1].trade_id in ids(), what="the last trade")
    wait_for(lambda: len(ids()) == len(LIVE_TRADES), 120, "the backfill of the gap")
    resumed.send_signal(signal.SIGINT)
    told = json.loads(resumed.communicate(timeout=30)[0])

    assert ids() == [trade.trade_id for trade in LIVE_TRADES]
    assert told["acknowledged"] == told["pushed"]
    wait_for(lambda: _states(http) <= {"backfilled", "vanished"}, 60, "the end of all gaps")
    gaps = http.get(f"/gaps/{MARKET}").json()["gaps"]
    # The feed was away for longer than the server waits for late trades.
    large = [gap["first_id"] for gap in gaps if gap["recovered"] > 20]
    assert any(first > missed_from for first in large), gaps
    candles = http.get(f"/candles/{MARKET}/1m").json()["candles"]
    assert sum(candle["trades"] for candle in candles) == len(LIVE_TRADES)
    assert not any("gap" in candle["flags"] for candle in candles)
    assert any("backfilled" in candle["flags"] for candle in candles)


def _states(http: httpx.Client) -> set[str]:
    return {gap["state"] for gap in http.get(f"/gaps/{MARKET}").json()["gaps"]}
