"""A trader that is frozen with the database's lock is ended, so that a halt is always taken."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.trading.switches import SwitchStore

FREEZES = """
import os, signal, sys, time
from operate.trader.guard import LockGuard
guard = LockGuard(limit_s=0.5)
from sqlalchemy import text
from storage.database import open_database, writing
engine = open_database(sys.argv[1])
guard.watch(engine)
for _ in range(3):
    with writing(engine):
        pass
    time.sleep(0.3)
with writing(engine) as connection:
    connection.execute(text("UPDATE trading_lease SET holder = 'frozen'"))
    print("held", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.fixture
def frozen(engine: Engine) -> "subprocess.Popen[str]":
    """A process that has stopped within its fourth transaction; the ones before were short."""
    address = engine.url.render_as_string()
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", FREEZES, address], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_halt_is_taken_although_a_frozen_trader_holds_the_lock(
    engine: Engine, frozen: "subprocess.Popen[str]"
) -> None:
    changed = SwitchStore(engine).change(0, "HALTED", "a test", "test")
    assert (changed.state, changed.epoch) == ("HALTED", 1)
    # Frozen, it would hold the lock for ever: nobody but its guard can have ended it.
    assert frozen.wait(timeout=5) == -signal.SIGKILL
