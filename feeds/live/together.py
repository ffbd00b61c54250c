"""Run things together until one of them ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_ended(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends or fails, and end the others; raises what that one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def ended(task: "asyncio.Future[None]") -> None:
    """Return when a task has ended, which goes on if this is cancelled."""
    await asyncio.shield(task)


async def is_set(event: asyncio.Event) -> None:
    """Return when an event is set."""
    await event.wait()
