"""Messages that are no task of ours: put aside, as those that nobody can read."""

from typing import Any

from celery.signals import task_rejected, task_unknown  # type: ignore[import-untyped]


def attach() -> None:
    """Have every worker of this process put aside what Celery would delete."""
    task_unknown.connect(_unknown, weak=False)
    task_rejected.connect(_rejected, weak=False)


def put_aside(message: Any, reason: str) -> None:
    """Keep a message among the dead letters."""
    if bury := getattr(message.channel, "bury", None):
        bury(f"{reason}: {message.body!r}")


def _unknown(message: Any, name: str, **_: Any) -> None:
    put_aside(message, f"no task {name!r}")


def _rejected(message: Any, **_: Any) -> None:
    put_aside(message, "no task can be made of it")
