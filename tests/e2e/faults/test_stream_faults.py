"""Live trades through the whole stack, killed on the way: no trade lost, none counted twice."""

import os
import signal
import threading
import time

from bench.running_tickcast import RunningTickcast
from storage.redis_connection import connect
from tests.e2e.conftest import wait_for
from tests.stream_load import Sender, Verdict, count_stored, judge, make_load

TRADES = 30_000


def kill(tickcast: RunningTickcast, containing: str) -> None:
    """End a part without a chance to say goodbye."""
    victims = tickcast.processes(containing)
    assert victims, containing
    for process_id in victims:
        os.kill(process_id, signal.SIGKILL)


def test_candles_equal_the_oracle_after_kills_of_worker_and_redis(
    mortal: RunningTickcast,
) -> None:
    load = make_load(TRADES, seed=11)
    client = connect(mortal.settings.redis_address)
    sender = Sender(mortal.url, mortal.key)
    sending = threading.Thread(target=sender.send, args=(load.bodies(500),))
    sending.start()
    for victim in ("tasks.stream_main", "redis-server", "tasks.stream_main"):
        time.sleep(1)
        kill(mortal, victim)
    sending.join()
    wait_for(lambda: _count(client, load) >= TRADES, 90, "storing all trades")

    time.sleep(1)
    assert judge(client, load) == Verdict(0, 0, 0)
    client.close()


def _count(client: object, load: object) -> int:
    try:
        return count_stored(client, load)  # type: ignore[arg-type]
    except Exception:
        return -1
