"""The one writer of orders: `python -m operate.trader`."""

import sys

from operate.stop_signals import end_at_once


def main() -> int:
    """Trade until told to stop; return the exit code."""
    end_at_once()
    from operate.trader.guard import LockGuard

    # Forked before anything is loaded that it would hold on to, and before any thread.
    guard = LockGuard()
    from operate.trader.process import run

    return run(guard)


if __name__ == "__main__":
    sys.exit(main())
