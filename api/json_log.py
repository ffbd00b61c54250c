"""Log lines as JSON, one a line, on standard output; those of libraries too."""

import logging
import sys
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor

# Libraries that tell of every connection; theirs is not news.
_CHATTY = ("uvicorn.access", "asyncio", "kombu", "celery", "amqp")


def log_json(level: str) -> None:
    """Set up logging for this process; lines less severe than `level` are dropped."""
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
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render_text],
        )
    )
    logging.basicConfig(level=threshold, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _render(logger: Any, method: str, event: EventDict) -> bytes:
    return msgspec.json.encode({k: v for k, v in event.items() if v is not None}, enc_hook=str)


def _render_text(logger: Any, method: str, event: EventDict) -> str:
    return _render(logger, method, event).decode()
