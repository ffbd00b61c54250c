"""The way out of a process that hangs."""

import logging
import os

logger = logging.getLogger(__name__)

# "Internal software error" of sysexits.h: whoever keeps the process starts it again.
HUNG = 70


def end_process(reason: str) -> None:
    """End this process at once, whatever its other threads do.

    What it held is given to others when its heartbeats fail to come.
    """
    logger.critical("This process ends itself: %s.", reason)
    logging.shutdown()
    os._exit(HUNG)
