"""Log lines of the Celery processes: UTC, one a line, to standard error."""

import logging
import sys
import time
from typing import Any

from celery.signals import setup_logging  # type: ignore[import-untyped]

FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(processName)s %(name)s: %(message)s"

# A line for every tiny message and tick would bury the rest.
_CHATTY = ("celery.beat", "celery.app.trace", "celery.worker.strategy", "alembic", "urllib3")


def log_to_stderr(level: str) -> None:
    """Set up logging, and keep Celery from doing so in its own way."""
    setup_logging.connect(_leave_logging_alone, weak=False)
    formatter = logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _leave_logging_alone(**_: Any) -> None:
    """Receive Celery's signal: that somebody does is what stops it."""
