"""Where blocking calls of the stores run, so that the event loop never waits for them."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

from core.errors import TickcastError

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

# A pool for each kind of wait: what waits for Redis holds up nothing that needs SQL only.
_REDIS = ThreadPoolExecutor(32, thread_name_prefix="redis")
_DATABASE = ThreadPoolExecutor(16, thread_name_prefix="database")
_WORK = ThreadPoolExecutor(8, thread_name_prefix="work")


class _Gate:
    """Refuses at the door of the Redis pool what would only learn there that Redis is away."""

    check: Callable[[], None] = staticmethod(lambda: None)


def refuse_while_away(check: Callable[[], None]) -> None:
    """Have `in_thread` call `check` first, which raises while Redis is known to be away.

    Hundreds of refusals a second would else contend for the interpreter with the event loop.
    """
    _Gate.check = staticmethod(check)


async def in_thread(
    function: Callable[Parameters, Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """Run a function that may wait for Redis, and return what it returns or raises.

    The thread knows what the caller knows: the request's id goes with it. Raises what
    `refuse_while_away` was told to.
    """
    _Gate.check()
    return await _run(_REDIS, function, *args, **kwargs)


async def in_database_thread(
    function: Callable[Parameters, Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """Run a function that waits for SQL and for nothing else, as `in_thread` does."""
    return await _run(_DATABASE, function, *args, **kwargs)


async def in_work_thread(
    function: Callable[Parameters, Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """Run a function that computes and waits for nobody, as `in_thread` does."""
    return await _run(_WORK, function, *args, **kwargs)


class Soon:
    """A call that may wait for Redis and that nobody waits for; an error of ours is not told."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._running: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Begin the call; the caller goes on at once."""
        task = asyncio.create_task(self._run())
        # The loop holds its tasks weakly.
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        with suppress(TickcastError):
            await in_thread(self._call)


async def _run(
    pool: ThreadPoolExecutor,
    function: Callable[Parameters, Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    loop = asyncio.get_running_loop()
    call = partial(function, *args, **kwargs)
    return await loop.run_in_executor(pool, contextvars.copy_context().run, call)
