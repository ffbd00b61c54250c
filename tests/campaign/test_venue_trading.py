"""Orders at a venue through lost answers, kills at every step, and halts: none lost, none twice.

`CAMPAIGN_LOST=500 CAMPAIGN_KILLS=25 CAMPAIGN_HALTS=200 pytest -m slow -s` on this file.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.clock.times import now_ms
from core.settings import Settings
from core.trading.events import Sent, StateChanged
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from storage.trading.commands import NewCommand, Submitted
from tests.campaign.killed_trader import STEPS
from tests.exchange_candles import walk, write_candles
from tests.venue_desks import Desk, buy, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]

LOST = int(os.environ.get("CAMPAIGN_LOST", "100"))
KILLS = int(os.environ.get("CAMPAIGN_KILLS", "2"))
HALTS = int(os.environ.get("CAMPAIGN_HALTS", "12"))
# What a venue's answer is lost by, and whether it carries the order out.
FATES = {"slow": True, "lost-after": True, "504-after": True, "lost": False, "504": False}
_TIMEOUT_S = 3.0
_UNDER_WAY = ("", "accepted", "sent")


class Campaign(Desk):
    """An account, and a trader of its own process that a test kills and freezes."""

    def __init__(self, stores: Stores, settings: Settings, url: str, folder: Path) -> None:
        super().__init__(stores, settings, url)
        same = dict.fromkeys(("client", "provisioning", "market_data"), url)
        names = ("NOTIONAL", "GROSS", "SYMBOL", "DAILY_TRADES", "MINUTE_ORDERS", "POSITIONS")
        self._environment = {
            **os.environ,
            "TICKCAST_REDIS_URL": settings.redis_address,
            "TICKCAST_DATA_DIR": str(folder),
            "TICKCAST_METAAPI_URLS": json.dumps(same),
            "TICKCAST_EXCHANGE_TIMEOUT_S": str(_TIMEOUT_S),
            **{f"TICKCAST_RISK_{name}": "100000" for name in names},
        }
        self.process = self.start()

    def start(self, kill_at: str | None = None) -> "subprocess.Popen[bytes]":
        """Start a trader, one that dies at a step of an order if that is named."""
        module = "tests.campaign.killed_trader" if kill_at else "operate.trader"
        environment = self._environment | ({"VENUE_KILL_AT": kill_at} if kill_at else {})
        self.process = subprocess.Popen([sys.executable, "-m", module], env=environment)
        return self.process

    def stop(self) -> None:
        """End the trader."""
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def place(self, name: str) -> int:
        """Ask for an order, and wait for nothing."""
        # So small that a thousand of them are within the account's margin.
        order = buy(volume=Decimal("0.01"))
        (stored,) = self.stores.commands.submit([NewCommand(self.number, order, name)])
        assert isinstance(stored, Submitted)
        return stored.id

    def states(self, names: list[str]) -> dict[str, str]:
        """Return the states of orders."""
        found = self.stores.trading.orders_of(self.number, names)
        return {name: found[name].state if name in found else "" for name in names}

    def at_venue(self) -> Counter[str]:
        """Return how often each id of ours has a position at the venue."""
        return Counter(one.get("clientId", "") for one in self.positions())


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("metaapi")
    write_candles(folder, "metaapi", "BTCUSD", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


@pytest.fixture
def campaign(
    stores: Stores, redis_settings: Settings, url: str, tmp_path: Path
) -> Iterator[Campaign]:
    made = Campaign(stores, redis_settings, url, tmp_path)
    try:
        until(lambda: stores.lease.held(), 60)
        made.connect()
        yield made
    finally:
        made.stop()


def check(campaign: Campaign, names: list[str]) -> Counter[str]:
    """Check that every order has its end, and that each filled one is at the venue once."""
    ends = Counter(campaign.states(names).values())
    shown = campaign.at_venue()
    assert not shown or max(shown.values()) == 1
    assert ends["filled"] == len(shown)
    assert set(ends) <= {"filled", "rejected", "cancelled", "refused"}
    campaign.check_replay()
    return ends


def test_of_orders_whose_answers_are_lost_none_is_doubled_and_each_end_is_found(
    campaign: Campaign,
) -> None:
    dice, names, unsure, took = random.Random(3), [], {}, []
    carried_out = 0
    for n in range(LOST):
        fate = dice.choice(list(FATES))
        carried_out += FATES[fate]
        campaign.fail(fate, seconds=2 * _TIMEOUT_S)
        campaign.place(name := f"lost-{n}")
        names.append(name)
        until(lambda name=name: campaign.states([name])[name] not in ("", "accepted", "sent"))
        unsure[name] = time.monotonic()
        _note_ends(campaign, unsure, took)
    while unsure:
        _note_ends(campaign, unsure, took)
        time.sleep(0.5)
        assert not unsure or time.monotonic() - min(unsure.values()) < 300
    ends = check(campaign, names)
    assert ends["filled"] == carried_out
    took.sort()
    print(
        f"{LOST} lost answers: 0 doubled, 0 unknown ({dict(ends)}); resolved after "
        f"p50 {took[len(took) // 2]:.1f} s, p99 {took[int(0.99 * len(took))]:.1f} s"
    )


def _note_ends(campaign: Campaign, unsure: dict[str, float], took: list[float]) -> None:
    states = campaign.states(list(unsure))
    for name, state in states.items():
        assert state not in ("refused", "cancelled"), name
        if state in ("filled", "rejected"):
            took.append(time.monotonic() - unsure.pop(name))


def test_a_kill_at_any_step_loses_no_order_and_doubles_none(campaign: Campaign) -> None:
    names = []
    for n in range(KILLS):
        for step in STEPS:
            campaign.stop()
            dying = campaign.start(step)
            if step == "during_call":
                campaign.fail("slow" if n % 2 else "late", seconds=2)
            campaign.place(name := f"{step}-{n}")
            names.append(name)
            assert dying.wait(180) == -signal.SIGKILL, step
            campaign.start()
            until(lambda name=name: campaign.states([name])[name] not in _UNDER_WAY, 180)
    until(lambda: not {"unknown", "sent", "working"} & set(campaign.states(names).values()), 300)
    by_step = {
        step: Counter(campaign.states([one for one in names if one.startswith(step)]).values())
        for step in STEPS
    }
    ends = check(campaign, names)
    assert by_step["before_sent"]["filled"] == KILLS
    assert by_step["before_call"]["rejected"] == KILLS
    assert by_step["before_commit"]["filled"] == KILLS
    print(f"{len(names)} kills at {len(STEPS)} steps: 0 lost, 0 twice ({dict(ends)}; {by_step})")


def test_nothing_reaches_the_venue_after_a_halt_was_acknowledged(campaign: Campaign) -> None:
    took, late, names = [], [], []
    for n in range(HALTS):
        frozen = n % 3 == 2
        for m in range(3):
            campaign.place(name := f"halt-{n}-{m}")
            names.append(name)
        time.sleep(random.Random(n).uniform(0.05, 0.8))
        if frozen:
            campaign.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        changed = campaign.stores.switches.change(0, "HALTED", "a test", "test")
        until(lambda epoch=changed.epoch: _acknowledged(campaign, epoch), 30)
        took.append(time.monotonic() - began)
        kept = campaign.stores.trading.kept(campaign.number)
        number = kept.number if kept else 0
        under_way = [one for one, state in campaign.states(names).items() if state == "sent"]
        before = campaign.at_venue().total()
        campaign.process.send_signal(signal.SIGCONT)
        time.sleep(3.0 if frozen else 1.0)
        assert campaign.at_venue().total() <= before + len(under_way)
        late += _sent_after(campaign, number)
        if campaign.process.poll() is not None:
            # Frozen within a transaction it was ended, so that the halt could be taken.
            campaign.start()
            until(lambda: _works(campaign), 120)
        campaign.stores.switches.change(0, "ACTIVE", "over", "test")
        time.sleep(0.3)
    assert late == []
    took.sort()
    print(
        f"{HALTS} halts, {HALTS // 3} of them of a frozen trader: 0 orders sent after; "
        f"acknowledged after p50 {1e3 * took[len(took) // 2]:.0f} ms, most {1e3 * took[-1]:.0f} ms"
    )


def _acknowledged(campaign: Campaign, epoch: int) -> bool:
    held = campaign.stores.lease.held()
    echoed = campaign.stores.switches.of(0)[0].echoed >= epoch
    return echoed or held is None or not held.holds(now_ms())


def _works(campaign: Campaign) -> bool:
    held = campaign.stores.lease.held()
    return held is not None and held.holds(now_ms())


def _sent_after(campaign: Campaign, number: int) -> list[int]:
    """Return the orders that were sent after a row, while the account was halted."""
    found, halted = [], True
    for row in campaign.stores.trading.chain(campaign.number, after=number):
        if isinstance(row.row.event, StateChanged):
            halted = row.row.event.state == "HALTED"
        elif halted and isinstance(row.row.event, Sent):
            found.append(row.number)
    return found
