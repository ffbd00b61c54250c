"""A trader that is killed at a step.

The product knows nothing of it: the step's function is replaced, before the trader begins, by one
that ends the process as `kill -9` does when it is called for the COUNTth time.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from operate.stop_signals import end_at_once
from operate.trader.guard import LockGuard
from operate.trader.process import run

_ACCOUNTS, _HEADS = "storage.trading.accounts", "storage.ledger.ledger_heads"
# Name: module, class, method, and whether the end comes after what the method does.
STEPS: dict[str, tuple[str, str, str, bool]] = {
    "commands read": (_ACCOUNTS, "AccountStore", "work", True),
    "prices seen": ("tasks.trading.seen", "Markets", "look", True),
    "transaction open": (_ACCOUNTS, "TraderTurn", "__init__", True),
    "order accepted": (_ACCOUNTS, "TraderTurn", "enter_order", True),
    "orders written": (_ACCOUNTS, "TraderTurn", "_write_orders", True),
    "commands answered": (_ACCOUNTS, "TraderTurn", "_write_answers", True),
    "account kept": (_ACCOUNTS, "TraderTurn", "keep", True),
    "heads prepared": (_HEADS, "Turn", "prepare", True),
    "chain written": (_ACCOUNTS, "TraderTurn", "finish", True),
    "committed, heads not": (_HEADS, "Turn", "commit", False),
    "all committed": (_HEADS, "Turn", "commit", True),
    "cursor kept": (_ACCOUNTS, "TraderTurn", "keep_cursor", True),
    "lease renewed": ("storage.trading.lease", "LeaseStore", "renew", True),
}


def end_at(step: str, count: int) -> None:
    """Have this process end at a step."""
    module, kind, method, after = STEPS[step]
    owner = getattr(importlib.import_module(module), kind)
    done: Callable[..., Any] = getattr(owner, method)
    calls = 0

    def ending(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        found = done(*args, **kwargs) if after or calls < count else None
        if calls >= count:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, method, ending)


def trade(environment: dict[str, str], step: str | None, count: int) -> None:
    """Trade as `python -m operate.trader` does, until the step if there is one."""
    os.environ.update(environment)
    end_at_once()
    guard = LockGuard()
    if step is not None:
        end_at(step, count)
    sys.exit(run(guard))
