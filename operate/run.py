"""`make run`: whatever the moment at which it is told to end, it ends in order.

What it runs takes a second to load; so the signals come first.
"""

import sys

from operate.stop_signals import end_at_once


def main() -> int:
    """Start everything and run until told to stop; return the exit code."""
    end_at_once()
    from operate.start import start

    return start()


if __name__ == "__main__":
    sys.exit(main())
