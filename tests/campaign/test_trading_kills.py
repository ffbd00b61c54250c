"""Orders through kills of the trader: none lost, none twice, none after a halt."""

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from core.clock.times import now_ms
from core.errors import DatabaseUnavailable, RedisUnavailable
from core.process.shared_counts import SharedCounts
from core.series import Market
from core.settings import Settings
from core.trading.events import Accepted, Sent, StateChanged
from core.trading.orders import PlaceOrder
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from storage.trades.stream_stores import open_stream_stores
from storage.trades.tickers import Ticker, TickerStore
from storage.trading.commands import NewCommand, Submitted
from tasks.celery_app import make_celery
from tasks.enqueue import Enqueue
from tasks.trades.enqueue_stream import EnqueueStream
from tests.campaign.trader_killed_at import STEPS, trade
from trading.replay import Replay

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]

GOLD = Market("broker", "XAUUSD")
ORDERS = int(os.environ.get("CAMPAIGN_ORDERS", "2000"))
COMMANDS = int(os.environ.get("CAMPAIGN_COMMANDS", "2000"))
HALTS = int(os.environ.get("CAMPAIGN_HALTS", "100"))
REPEATS, THREADS = 1_000, 8
# Each step is died at so often (times the number of steps: the kills of its campaign).
AT_EACH_STEP = int(os.environ.get("CAMPAIGN_KILLS", "2"))
# A trader is forked from a process that has loaded its modules: what is measured is trading.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["operate.trader.process", "tests.campaign.trader_killed_at"])


def order(n: int) -> PlaceOrder:
    """Return a small order of gold, each other one of the other side."""
    side, stop = ("buy", "2300") if n % 2 else ("sell", "2400")
    return PlaceOrder(
        platform=GOLD.platform,
        symbol=GOLD.symbol,
        side=side,  # type: ignore[arg-type]
        volume=Decimal("0.01"),
        stop_loss=Decimal(stop),
    )


class Trading:
    """The process `trader`, killed and started again as a test says, and a feed of prices."""

    def __init__(self, settings: Settings, folder: Path, stores: Stores) -> None:
        self._environment = {
            "TICKCAST_REDIS_URL": settings.redis_address,
            "TICKCAST_DATA_DIR": str(folder),
            "TICKCAST_ORDER_LATENCY_MS": "0",
            "TICKCAST_RISK_NOTIONAL": "1000",
            "TICKCAST_RISK_GROSS": "1000",
            "TICKCAST_RISK_SYMBOL": "1000",
            "TICKCAST_RISK_DAILY_TRADES": "1000000",
            "TICKCAST_RISK_MINUTE_ORDERS": "1000000",
            "TICKCAST_PAPER_BALANCE": "10000000",
        }
        stores.markets.tell(GOLD, {"tick_size": 0.01}, {"spread_bps": 2.0}, "set")
        self._tickers = TickerStore(stores.redis)
        self._over = threading.Event()
        self.process = self.start()

    def start(self, step: str | None = None, count: int = 1) -> BaseProcess:
        """Start the process; with a step it is killed there, when it comes by so often."""
        told = (self._environment, step, count)
        self.process = _FORKS.Process(target=trade, args=told, daemon=True)
        self.process.start()
        return self.process

    def kill(self) -> None:
        """Kill it, whatever it does, and start another."""
        self.end()
        self.start()

    def end(self) -> None:
        """Kill it, whatever it does."""
        self.process.kill()
        self.process.join()

    def send(self, number: int) -> None:
        """Send it a signal; one that has ended hears nothing."""
        if self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, number)

    def restart_what_ends(self, over: threading.Event) -> None:
        """Start it again whenever it has ended, as the supervisor does."""
        while not over.wait(0.05):
            if not self.process.is_alive():
                self.start()

    def feed(self) -> None:
        """Quote gold every 10 ms, until the test is over."""
        dice = random.Random(1)
        while not self._over.wait(0.01):
            bid = 2_350 + dice.randint(-100, 100) / 100
            with suppress(RedisUnavailable):
                self._tickers.write(
                    GOLD.platform, [Ticker(GOLD.symbol, now_ms(), bid=bid, ask=bid + 0.5)]
                )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Feed prices meanwhile; ends the process at last."""
        feeding = threading.Thread(target=self.feed)
        feeding.start()
        try:
            yield
        finally:
            self._over.set()
            feeding.join()
            self.send(signal.SIGCONT)
            self.end()


@pytest.fixture
def trading(redis_settings: Settings, stores: Stores, tmp_path: Path) -> Iterator[Trading]:
    """A trader at work."""
    trading = Trading(redis_settings, tmp_path, stores)
    with trading.running():
        yield trading


def wait_until_handled(stores: Stores, ids: list[int], seconds: float) -> None:
    """Wait until the trader has handled all of those commands."""
    ends = time.monotonic() + seconds
    while len(stores.commands.results(ids)) < len(ids):
        assert time.monotonic() < ends, "the trader does not come to an end"
        time.sleep(0.05)


def check_record(stores: Stores) -> Counter[str]:
    """Check that the chain holds and gives the same accounts; returns its rows by kind."""
    kept = stores.trading.kept(0)
    assert kept is not None
    replay, kinds = Replay(), Counter[str]()
    for row in stores.trading.chain(0):
        if row.number <= kept.number:
            replay.take(row.number, 0, row.row)
        kinds[row.kind] += 1
    replay.end()
    replay.compare([kept.account])
    assert replay.differences == []
    assert verify_ledger(stores.engine, stores.heads, "orders").ok
    return kinds


def test_one_order_under_an_id_however_often_it_is_sent(trading: Trading, stores: Stores) -> None:
    found: list[int] = []

    def repeat() -> None:
        for _ in range(REPEATS // THREADS):
            (stored,) = stores.commands.submit([NewCommand(0, order(1), "the one")])
            assert isinstance(stored, Submitted)
            found.append(stored.id)

    threads = [threading.Thread(target=repeat) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.7)
        trading.kill()
    for thread in threads:
        thread.join()
    wait_until_handled(stores, list(set(found)), 60)
    assert (len(found), len(set(found))) == (REPEATS, 1)
    assert check_record(stores)["accepted"] == 1
    print(f"{REPEATS} repeats, 3 kills: 1 order")


def test_no_order_is_lost_or_placed_twice_through_kills(trading: Trading, stores: Stores) -> None:
    ids: list[int] = []
    over = threading.Event()

    def send() -> None:
        for n in range(0, ORDERS, 20):
            asked = [NewCommand(0, order(n + m), f"order-{n + m}") for m in range(20)]
            ids.extend(
                one.id for one in stores.commands.submit(asked) if isinstance(one, Submitted)
            )
            time.sleep(0.02)
        over.set()

    sender, dice, kills, took = threading.Thread(target=send), random.Random(2), 0, []
    sender.start()
    while not over.is_set():
        time.sleep(dice.uniform(0.3, 2.0))
        trading.kill()
        kills, began = kills + 1, time.monotonic()
        handled = len(stores.commands.results(ids))
        while len(stores.commands.results(ids)) == handled < len(ids):
            time.sleep(0.02)
        took.append(time.monotonic() - began)
    sender.join()
    wait_until_handled(stores, ids, 120)
    kinds = check_record(stores)
    assert kinds["accepted"] + kinds["refused"] == ORDERS
    outcomes = Counter(one["outcome"] for one in stores.commands.results(ids).values())
    assert outcomes["done"] == kinds["accepted"]
    print(
        f"{ORDERS} orders, {kills} kills: 0 lost, 0 twice ({kinds['accepted']} accepted, "
        f"{kinds['refused']} refused); back at work after p50 {statistics.median(took):.1f} s, "
        f"most {max(took):.1f} s"
    )


def test_no_order_is_sent_after_a_halt_was_acknowledged(
    trading: Trading, stores: Stores, redis_settings: Settings
) -> None:
    halts = Halts(trading, stores, redis_settings)
    wait_for_trader(stores)
    over = threading.Event()

    def send() -> None:
        n = 0
        while not over.is_set():
            with suppress(DatabaseUnavailable):
                stores.commands.submit([NewCommand(0, order(n), f"order-{n}")])
            n += 1
            time.sleep(0.01)

    sender, restarter = (
        threading.Thread(target=send),
        threading.Thread(target=trading.restart_what_ends, args=(over,)),
    )
    sender.start()
    restarter.start()
    try:
        asyncio.run(halts.all())
    finally:
        over.set()
        sender.join()
        restarter.join()
    check_record(stores)
    assert halts.sent == []
    for way, took in halts.took.items():
        late = sorted(took)[int(0.99 * len(took))]
        middle = statistics.median(took)
        print(f"{way}: {len(took)} halts, acknowledged after p50 {middle:.2f} s, p99 {late:.2f} s")
    print(f"{HALTS} halts in all: 0 orders accepted or sent after the acknowledgement, 0 refused")


def test_no_command_is_lost_or_carried_out_twice_whichever_step_the_trader_dies_at(
    trading: Trading, stores: Stores
) -> None:
    dice, took, ids = random.Random(3), list[float](), list[int]()
    wait_for_trader(stores)
    trading.end()
    kills = AT_EACH_STEP * list(STEPS)
    for nth, step in enumerate(kills, 1):
        took.append(die_at(trading, stores, step, dice, ids))
        missing = COMMANDS * nth // len(kills) - len(ids)
        submit_more(stores, ids, max(0, missing))
    trading.start()
    wait_until_handled(stores, ids, 300)
    kinds = check_record(stores)
    assert kinds["accepted"] + kinds["refused"] == len(ids) == len(set(ids))
    orders = stores.trading.orders(0, len(ids) + 1)
    assert len({one.client_order_id for one in orders}) == len(orders) == len(ids)
    late = sorted(took)[int(0.99 * len(took))]
    print(
        f"{len(ids)} commands, {len(kills)} kills at {len(STEPS)} steps: 0 lost, 0 twice; "
        f"back at work after p50 {statistics.median(took):.1f} s, p99 {late:.1f} s"
    )


def die_at(
    trading: Trading, stores: Stores, step: str, dice: random.Random, ids: list[int]
) -> float:
    """Have a trader die at a step; returns after how long (s) it was at work before.

    What ends only by work has some until then.
    """
    began, handled, took = time.monotonic(), last_number(stores), 0.0
    process = trading.start(step, dice.randint(1, 12))
    while process.is_alive():
        submit_more(stores, ids, dice.randint(1, 3))
        if not took and last_number(stores) > handled:
            took = time.monotonic() - began
        time.sleep(0.05)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    return took or time.monotonic() - began


def submit_more(stores: Stores, ids: list[int], count: int) -> None:
    """Store so many new commands; while the database is locked nothing is stored, and again."""
    while count:
        first = len(ids)
        some = [NewCommand(0, order(n), f"step-{n}") for n in range(first, first + min(count, 50))]
        with suppress(DatabaseUnavailable):
            stored = stores.commands.submit(some)
            ids += [one.id for one in stored if isinstance(one, Submitted)]
            count -= len(some)


def wait_for_trader(stores: Stores) -> None:
    """Wait until a trader has the lease."""
    ends = time.monotonic() + 60
    while (held := stores.lease.held()) is None or not held.holds(now_ms()):
        assert time.monotonic() < ends, "no trader begins"
        time.sleep(0.05)


class Halts:
    """Halts over HTTP under load, each in one of several ways, and what came after each."""

    def __init__(self, trading: Trading, stores: Stores, settings: Settings) -> None:
        self._trading = trading
        self._stores = stores
        self._settings = settings
        self.sent: list[int] = []
        self.took: dict[str, list[float]] = {}

    async def all(self) -> None:
        """Halt and resume as often as is asked for; each way but the usual one in 20 times."""
        stream = open_stream_stores(self._settings, self._stores.redis)
        celery = make_celery(self._settings.broker_address)
        enqueue = Enqueue(self._stores.jobs, self._stores.uploads, celery)
        sender = EnqueueStream(celery, stream.intake)
        counts = SharedCounts()
        app = create_app(self._stores, stream, enqueue, sender, self._settings, counts)
        key = {"X-API-Key": self._stores.keys.create("owner", "test")[0]}
        ways = ("frozen", "frozen with the lock", "killed", "Redis away", "SQL locked")
        async with ASGIConductor(app) as conductor:
            for n in range(HALTS):
                way = ways[n % 20] if n % 20 < len(ways) else "under load"
                await self._halt(conductor, key, way)

    async def _halt(self, conductor: ASGIConductor, key: dict[str, str], way: str) -> None:
        mend = await asyncio.to_thread(getattr(self, f"_{way.lower().replace(' ', '_')}"))
        began = time.monotonic()
        told = {"reason": way}
        route = "/api/v1/auto-trade/"
        halted = await conductor.simulate_post(f"{route}halt", headers=key, json=told)
        self.took.setdefault(way, []).append(time.monotonic() - began)
        assert halted.status_code == 200, (way, halted.text)
        assert halted.json["acknowledged"], way
        before = last_number(self._stores)
        mend()
        await asyncio.sleep(0.1)
        self.sent += after_halt(self._stores, before)
        resumed = await conductor.simulate_post(f"{route}resume", headers=key, json=told)
        assert resumed.status_code == 200, (way, resumed.text)
        await asyncio.sleep(0.05)

    def _under_load(self) -> Callable[[], None]:
        return lambda: None

    def _frozen(self) -> Callable[[], None]:
        self._trading.send(signal.SIGSTOP)
        return partial(self._trading.send, signal.SIGCONT)

    def _frozen_with_the_lock(self) -> Callable[[], None]:
        while True:
            self._trading.send(signal.SIGSTOP)
            if not self._is_free_soon():
                return partial(self._trading.send, signal.SIGCONT)
            self._trading.send(signal.SIGCONT)
            time.sleep(0.003)

    def _killed(self) -> Callable[[], None]:
        self._trading.process.kill()
        return lambda: None

    def _redis_away(self) -> Callable[[], None]:
        number = self._stores.redis.info("server")["process_id"]
        os.kill(number, signal.SIGSTOP)
        return partial(os.kill, number, signal.SIGCONT)

    def _sql_locked(self) -> Callable[[], None]:
        """Hold the database's lock for a second, as a slow writer does."""
        address = self._stores.engine.url.database
        connection = sqlite3.connect(str(address), isolation_level=None, timeout=10,
                                     check_same_thread=False)  # fmt: skip
        connection.execute("BEGIN IMMEDIATE")
        threading.Timer(1.0, connection.close).start()
        return lambda: None

    def _is_free_soon(self) -> bool:
        """Say whether others than the frozen trader have the lock: they give it back."""
        return self._is_free() or (time.sleep(0.3) is None and self._is_free())

    def _is_free(self) -> bool:
        connection = sqlite3.connect(str(self._stores.engine.url.database), isolation_level=None,
                                     timeout=0)  # fmt: skip
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True


def last_number(stores: Stores) -> int:
    """Return the number of the chain's last row."""
    kept = stores.trading.kept(0)
    return kept.number if kept else 0


def after_halt(stores: Stores, number: int) -> list[int]:
    """Return the orders that were accepted or sent after a row, while the account was halted."""
    found, halted = [], True
    for row in stores.trading.chain(0, after=number):
        event = row.row.event
        if isinstance(event, StateChanged):
            halted = event.state == "HALTED"
        elif halted and isinstance(event, Accepted | Sent):
            found.append(row.number)
    return found
