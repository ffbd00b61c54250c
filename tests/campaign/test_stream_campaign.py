"""The fault campaign: `make campaign`. Prints lost, extra, wrong and the time to recover."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from bench.running_tickcast import RunningTickcast
from core.errors import Unavailable
from storage.redis_connection import connect
from tests.stream_load import Load, Sender, Verdict, count_stored, judge, make_load

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("CAMPAIGN_SEED", "20261120"))
TRADES = int(os.environ.get("CAMPAIGN_TRADES", "1000000"))
PATIENCE = 600


class Campaign:
    """One run: a server, a load, and what is done to the server meanwhile."""

    def __init__(self, tickcast: RunningTickcast, load: Load, seed: int) -> None:
        self.tickcast = tickcast
        self.load = load
        self.dice = random.Random(seed)
        self.recoveries: list[float] = []
        self.client = connect(tickcast.settings.redis_address)

    def run(self, fault: Callable[["Campaign"], None] | None, faults: int) -> Verdict:
        """Send everything, hurting the server `faults` times; return the verdict at the end."""
        sender = Sender(self.tickcast.url, self.tickcast.key)
        sending = threading.Thread(target=sender.send, args=(self.load.bodies(1_000),))
        begun = time.monotonic()
        sending.start()
        for _ in range(faults):
            time.sleep(self.dice.uniform(0.5, 3))
            if fault and sending.is_alive():
                fault(self)
                self.recoveries.append(self._time_to_progress())
        sending.join()
        total = sum(map(len, self.load.trades.values()))
        deadline = time.monotonic() + PATIENCE
        while self.count() < total and time.monotonic() < deadline:
            time.sleep(0.2)
        seconds = time.monotonic() - begun
        verdict = judge(self.client, self.load)
        worst = max(self.recoveries, default=0.0)
        print(
            f"\n  {total:,} trades in {seconds:.0f} s, {len(self.recoveries)} faults: "
            f"lost {verdict.lost}, extra {verdict.extra}, wrong candles {verdict.wrong_candles}, "
            f"refused {sender.refused}, failed calls {sender.failed}, "
            f"slowest recovery {worst:.1f} s"
        )
        return verdict

    def count(self) -> int:
        """Return how many trades are stored, -1 while Redis is away."""
        try:
            return count_stored(self.client, self.load)
        except (redis.RedisError, Unavailable):
            return -1

    def kill(self, containing: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal all processes of a part."""
        for process_id in self.tickcast.processes(containing):
            os.kill(process_id, number)

    def _time_to_progress(self) -> float:
        """Return how long it takes until more trades are stored than now."""
        begun, before = time.monotonic(), self.count()
        while time.monotonic() - begun < 60:
            now = self.count()
            if now > max(before, 0):
                return time.monotonic() - begun
            time.sleep(0.05)
        return 60.0


def stop_and_go_on(campaign: Campaign) -> None:
    """Freeze the worker, let it go on later: what it writes then must not count twice."""
    campaign.kill("tasks.stream_main", signal.SIGSTOP)
    time.sleep(8)
    campaign.kill("tasks.stream_main", signal.SIGCONT)


FAULTS: dict[str, tuple[Callable[[Campaign], None] | None, int]] = {
    "no fault": (None, 0),
    "kill -9 of the stream worker": (lambda c: c.kill("tasks.stream_main"), 4),
    "kill -9 of the api": (lambda c: c.kill("gunicorn"), 3),
    "kill -9 of Redis": (lambda c: c.kill("redis-server"), 3),
    "SIGSTOP and SIGCONT of the stream worker": (stop_and_go_on, 2),
    "connections reset": (lambda c: c.client.client_kill_filter(_type="normal", skipme=True), 5),
}


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    "shape",
    [{"longest_step": 8}, {"days": 30}, {"days": 30, "displaced": 1.0, "longest_step": 8}],
    ids=["ids with holes", "a month in order", "a month out of order, ids with holes"],
)
def test_ids_with_holes_and_trades_of_any_age_survive_kills(
    shape: dict[str, Any], tmp_path: Path
) -> None:
    load = make_load(min(TRADES, 60_000), SEED, **shape)
    with RunningTickcast(tmp_path / "data") as tickcast:
        fault, times = FAULTS["kill -9 of the stream worker"]
        assert Campaign(tickcast, load, SEED).run(fault, times) == Verdict(0, 0, 0)


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_or_doubled(name: str, tmp_path: Path) -> None:
    fault, times = FAULTS[name]
    print(f"\n{name} (seed {SEED})")
    load = make_load(TRADES, SEED)
    with RunningTickcast(tmp_path / "data", journal_retention_hours="100000") as tickcast:
        assert Campaign(tickcast, load, SEED).run(fault, times) == Verdict(0, 0, 0)
