"""Messages that name no task of ours: put aside, as those that nobody can read."""

from typing import Any

from celery.signals import task_unknown  # type: ignore[import-untyped]


def attach() -> None:
    """Have every worker of this process put aside what Celery would delete."""
    task_unknown.connect(_put_aside, weak=False)


def _put_aside(message: Any, name: str, **_: Any) -> None:
    if bury := getattr(message.channel, "bury", None):
        bury(f"no task {name!r}: {message.body!r}")
