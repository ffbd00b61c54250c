"""Where blocking calls of the stores run, so that the event loop never waits for them."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

# Wide enough that calls which wait for an absent Redis leave room for the others.
_POOL = ThreadPoolExecutor(32, thread_name_prefix="store")


async def in_thread(
    function: Callable[Parameters, Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """Run a blocking function on a thread and return what it returns or raises.

    The thread knows what the caller knows: the request's id goes with it.
    """
    loop = asyncio.get_running_loop()
    call = partial(function, *args, **kwargs)
    return await loop.run_in_executor(_POOL, contextvars.copy_context().run, call)
