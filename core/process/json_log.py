"""Log lines as JSON, one a line; those of libraries too."""

import logging
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from core.plain_text import escape_controls


def log_json(level: str, chatty: Iterable[str] = (), stream: TextIO = sys.stdout) -> None:
    """Set up logging for this process; lines less severe than `level` are dropped.

    Of the loggers named in `chatty` only warnings and worse are written. What
    `structlog.contextvars` holds, such as the id of the request that is being
    served, is on every line.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, _render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(stream.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render_text],
        )
    )
    logging.basicConfig(level=threshold, handlers=[handler], force=True)
    for name in chatty:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _render(logger: Any, method: str, event: EventDict) -> bytes:
    return _render_text(logger, method, event).encode()


def _render_text(logger: Any, method: str, event: EventDict) -> str:
    told = {name: value for name, value in event.items() if value is not None}
    # JSON itself lets the controls of Latin-1 through, which terminals obey too.
    return escape_controls(msgspec.json.encode(told, enc_hook=str).decode())
