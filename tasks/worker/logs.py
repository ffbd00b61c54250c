"""Log lines of the Celery processes: JSON, one a line, to standard error."""

import sys
from typing import Any

from celery.signals import setup_logging  # type: ignore[import-untyped]

from core.json_log import log_json

# A line for every tiny message and tick would bury the rest.
_CHATTY = ("celery.beat", "celery.app.trace", "celery.worker.strategy", "alembic", "urllib3")


def log_to_stderr(level: str) -> None:
    """Set up logging, and keep Celery from doing so in its own way."""
    setup_logging.connect(_leave_logging_alone, weak=False)
    log_json(level, _CHATTY, sys.stderr)


def _leave_logging_alone(**_: Any) -> None:
    """Receive Celery's signal: that somebody does is what stops it."""
