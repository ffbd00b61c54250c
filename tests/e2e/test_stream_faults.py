"""Live trades through the whole stack, killed on the way: no trade lost, none counted twice."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from bench.running_tickcast import RunningTickcast
from storage.redis_connection import connect
from tests.e2e.conftest import wait_for
from tests.stream_load import START, Load, Sender, Verdict, count_stored, judge, make_load
from tests.trade_oracle import RawTrade

TRADES = 30_000


def kill(tickcast: RunningTickcast, containing: str) -> None:
    """End a part without a chance to say goodbye."""
    victims = tickcast.processes(containing)
    assert victims, containing
    for process_id in victims:
        os.kill(process_id, signal.SIGKILL)


@pytest.fixture
def tickcast(tmp_path: Path) -> RunningTickcast:
    return RunningTickcast(tmp_path / "data", journal_retention_hours="100000")


def test_candles_equal_the_oracle_after_kills_of_worker_and_redis(
    tickcast: RunningTickcast,
) -> None:
    load = make_load(TRADES, seed=11)
    with tickcast:
        client = connect(tickcast.settings.redis_address)
        sender = Sender(tickcast.url, tickcast.key)
        sending = threading.Thread(target=sender.send, args=(load.bodies(500),))
        sending.start()
        for victim in ("tasks.stream_main", "redis-server", "tasks.stream_main"):
            time.sleep(1)
            kill(tickcast, victim)
        sending.join()
        wait_for(lambda: _count(client, load) >= TRADES, 90, "storing all trades")

        time.sleep(1)
        assert judge(client, load) == Verdict(0, 0, 0)
        client.close()


def test_trades_that_come_newest_first_and_one_a_body_are_all_in_their_candles(
    tmp_path: Path,
) -> None:
    hour = 3_600_000_000
    trades = [RawTrade(n + 1, START + n * hour, str(100 + n % 7), "0.25") for n in range(300)]
    load = Load({"N-USD": trades}, [("N-USD", trade) for trade in reversed(trades)])
    with RunningTickcast(tmp_path / "data") as tickcast:
        client = connect(tickcast.settings.redis_address)
        Sender(tickcast.url, tickcast.key, threads=1).send(load.bodies(1))
        wait_for(lambda: _count(client, load) >= len(trades), 90, "storing all trades")

        wait_for(lambda: judge(client, load) == Verdict(0, 0, 0), 10, "equalling the oracle")
        client.close()


def _count(client: object, load: object) -> int:
    try:
        return count_stored(client, load)  # type: ignore[arg-type]
    except Exception:
        return -1
