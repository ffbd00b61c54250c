"""A trader that kills itself (SIGKILL) at a named step of an order that goes to a venue.

`python -m tests.campaign.killed_trader`, the step in VENUE_KILL_AT.
"""

import os
import signal
import sys
import threading
from functools import partial
from typing import Any

from operate.trader.__main__ import main
from tasks.trading.venues import calls
from tasks.trading.venues.desk import VenueDesk

STEPS = ("before_sent", "before_call", "during_call", "before_commit")


def die() -> None:
    """End at once, as by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def lay(step: str) -> None:
    """Lay the trap at a step."""
    desk: Any = VenueDesk
    call, reply = desk._call, desk._reply
    if step == "before_sent":
        desk._send = lambda *_: die()
    elif step == "before_commit":
        desk._reply = lambda *_: die()

    def deadly_call(self: Any, link: Any, job: Any) -> None:
        orders = isinstance(job, partial) and job.func is calls.send_once
        if orders and step == "before_call":
            die()
        if orders and step == "during_call":
            threading.Timer(0.3, die).start()
        call(self, link, job)

    desk._call = deadly_call
    assert reply is not None


if __name__ == "__main__":
    lay(os.environ["VENUE_KILL_AT"])
    sys.exit(main())
