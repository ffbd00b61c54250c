"""The fault campaign: `make campaign`. Prints lost, extra, wrong and the time to recover."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import redis

from bench.running_tickcast import RunningTickcast
from core.errors import Unavailable
from storage.redis_connection import connect
from storage.trades.stream_stores import open_stream_stores
from tests.stream_frames import FrameSender, Sends, Vandal
from tests.stream_load import (
    Load,
    Sender,
    Verdict,
    at_microsecond_edges,
    count_stored,
    judge,
    make_load,
    mixed_with_live,
    newest_first,
    of_many_decimals,
    restarting_ids,
    without_ids,
)

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

    def run_through(
        self, victims: Sequence[str], connections: int, sender: Sends | None = None
    ) -> Verdict:
        """Send everything, and end one part after the other on the way; return the verdict."""
        sender = sender or Sender(self.tickcast.url, self.tickcast.key, connections)
        bodies = list(self.load.bodies(1_000 if isinstance(sender, Sender) else 50))
        sending = threading.Thread(target=sender.send, args=(iter(bodies),))
        begun = time.monotonic()
        sending.start()
        fallen = 0
        for number, victim in enumerate(victims, 1):
            due = len(bodies) * number // (len(victims) + 1)
            while sending.is_alive() and sender.accepted < due:
                time.sleep(0.02)
            fallen += sending.is_alive()
            self.kill(victim)
        sending.join()
        sent = time.monotonic() - begun
        verdict = self.verdict()
        print(
            f"  {sum(map(len, self.load.trades.values())):,} trades sent in {sent:.0f} s, stored "
            f"after {time.monotonic() - begun:.0f} s, {fallen} of {len(victims)} kills on the way: "
            f"lost {verdict.lost}, extra {verdict.extra}, wrong candles {verdict.wrong_candles}"
        )
        return verdict

    def verdict(self) -> Verdict:
        """Return the verdict once nothing waits and it is good, or when patience ends."""
        deadline = time.monotonic() + PATIENCE
        verdict = Verdict(-1, -1, -1)
        while time.monotonic() < deadline:
            try:
                verdict = judge(self.client, self.load)
                waits = self.client.zcard("index:intake") + self.client.zcard("index:history")
                if not waits and verdict == Verdict(0, 0, 0):
                    break
            except (redis.RedisError, Unavailable):
                pass
            time.sleep(1)
        return verdict

    def wait_for_files(self) -> None:
        """Return when the journal of every symbol is in files but for its newest hours."""
        deadline = time.monotonic() + PATIENCE
        stores = open_stream_stores(self.tickcast.settings, self.client)
        before = max(rows[-1].time for rows in self.load.trades.values()) // 1_000
        while any(stores.archive.due("campaign", symbol, before) for symbol in self.load.trades):
            assert time.monotonic() < deadline, "the journal stays in Redis"
            time.sleep(1)

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


MONTH: dict[str, Any] = {"days": 30, "burst": 20}
# By name: the load of so many trades, on how many connections it is sent, and whether
# all of it is sent again, before and after the journal has moved to files.
Shape = tuple[Callable[[int], Load], int, bool]
SHAPES: dict[str, Shape] = {
    "a month in order": (lambda n: make_load(n, SEED, **MONTH), 3, False),
    "a month shuffled": (lambda n: make_load(n, SEED, displaced=1.0, **MONTH), 3, False),
    "a month newest first": (lambda n: newest_first(make_load(n, SEED, **MONTH)), 3, False),
    "a month mixed with live": (
        lambda n: mixed_with_live(make_load(n, SEED, **MONTH), SEED),
        3,
        False,
    ),
    "ids with holes": (lambda n: make_load(n, SEED, longest_step=10**9), 3, False),
    "ids that begin again": (
        lambda n: restarting_ids(make_load(n, SEED, displaced=0.0), n // 12),
        1,
        False,
    ),
    "no ids, sent again": (
        lambda n: without_ids(make_load(n, SEED, repeated=0.0, **MONTH)),
        3,
        True,
    ),
    "sizes of 17 decimals": (lambda n: of_many_decimals(make_load(n, SEED), SEED), 3, False),
    "microseconds about a minute's end": (
        lambda n: at_microsecond_edges(make_load(n, SEED), SEED),
        3,
        False,
    ),
}
VICTIMS = ("tasks.stream_main", "gunicorn", "redis-server", "fetcher@", "tasks.stream_main")


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_survives_kills_that_fall_into_it(name: str, tmp_path: Path) -> None:
    make, connections, again = SHAPES[name]
    load = make(min(TRADES, 50_000))
    print(f"\n{name} (seed {SEED})")
    with RunningTickcast(tmp_path / "data") as tickcast:
        campaign = Campaign(tickcast, load, SEED)
        assert campaign.run_through(VICTIMS, connections) == Verdict(0, 0, 0)
        if again:
            assert campaign.run_through(VICTIMS[:2], connections) == Verdict(0, 0, 0)
            campaign.wait_for_files()
            assert campaign.run_through(VICTIMS[:2], connections) == Verdict(0, 0, 0)


@pytest.mark.timeout(1_800)
def test_broken_frames_of_one_client_take_nothing_from_another(tmp_path: Path) -> None:
    load = make_load(min(TRADES, 50_000), SEED)
    print(f"\ntwo clients, one of broken frames (seed {SEED})")
    with RunningTickcast(tmp_path / "data") as tickcast:
        campaign = Campaign(tickcast, load, SEED)
        over = threading.Event()
        vandal = Vandal(tickcast.url, tickcast.key)
        vandalism = threading.Thread(target=vandal.send, args=(over,))
        vandalism.start()
        try:
            sender = FrameSender(tickcast.url, tickcast.key)
            assert campaign.run_through(VICTIMS[:3], 1, sender) == Verdict(0, 0, 0)
        finally:
            over.set()
            vandalism.join()
        print(f"  {vandal.sent:,} broken frames, {vandal.answered:,} answered with an error")
        assert vandal.answered > 0


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_or_doubled(name: str, tmp_path: Path) -> None:
    fault, times = FAULTS[name]
    print(f"\n{name} (seed {SEED})")
    load = make_load(TRADES, SEED)
    with RunningTickcast(tmp_path / "data", journal_retention_hours="100000") as tickcast:
        assert Campaign(tickcast, load, SEED).run(fault, times) == Verdict(0, 0, 0)
