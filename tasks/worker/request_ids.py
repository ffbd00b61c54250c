"""The id of a request goes along with the tasks that it causes, into their log lines."""

from typing import Any

from celery.signals import (  # type: ignore[import-untyped]
    before_task_publish,
    task_postrun,
    task_prerun,
)
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

REQUEST_ID = "request_id"
_HEADER = "tickcast_request_id"


def attach() -> None:
    """Have every message of this process carry the id, and every task take it up."""
    before_task_publish.connect(_carry, weak=False)
    task_prerun.connect(_take_up, weak=False)
    task_postrun.connect(_put_down, weak=False)


def _carry(headers: dict[str, Any], **_: Any) -> None:
    known = get_contextvars().get(REQUEST_ID)
    if known is not None:
        headers[_HEADER] = known


def _take_up(task: Any, **_: Any) -> None:
    known = task.request.get(_HEADER)
    if known is not None:
        bind_contextvars(**{REQUEST_ID: known})


def _put_down(**_: Any) -> None:
    unbind_contextvars(REQUEST_ID)
