"""Waiting for a job to end, without a thread: one subscription serves the whole process.

A worker publishes a job's state on `jobs:{id}`. What a subscriber hears is only
a hint, and may be lost while Redis is away: the SQL row decides, and is looked
at once a second as long as somebody waits.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from api.http.threads import in_database_thread
from core.jobs import Job
from storage import keys
from storage.jobs.job_store import JobStore

log = structlog.get_logger("api")

_LOOK_SECONDS = 1.0
_REPEAT_SECONDS = 10.0
_RECONNECT_SECONDS = 0.5
# How long a cancellation is given before it is sent again.
_CANCEL_SECONDS = 0.01
# A listener that is this many reports behind only misses progress, never the end.
_BACKLOG = 16
# A listener that Redis does not take on is not waited for any longer.
_LISTEN_SECONDS = 2.0

Reports = asyncio.Queue[Job]


class JobWaiting:
    """Middleware that listens from the start of the process to its end, and lets others wait."""

    def __init__(self, jobs: JobStore, redis_address: str) -> None:
        self._jobs = jobs
        self._address = redis_address
        self._reports: dict[str, set[Reports]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._hearing = asyncio.Event()

    async def process_startup(self, scope: object, event: object) -> None:
        """Begin to listen (ASGI lifespan)."""
        self._listen()

    async def process_shutdown(self, scope: object, event: object) -> None:
        """Listen no longer (ASGI lifespan)."""
        # redis-py swallows a cancellation that comes while it connects: ask until it is heeded.
        while self._listener and not self._listener.done():
            self._listener.cancel()
            await asyncio.wait([self._listener], timeout=_CANCEL_SECONDS)

    async def wait(self, job: Job, seconds: float, steps: int | None = None) -> Job:
        """Return the job as soon as it has ended, or as it is after `seconds`.

        With `steps` it is returned once so many of its steps are done.
        Also returns when the task is cancelled, which happens when the server
        stops: the caller then gets an answer instead of a broken connection.
        """
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(seconds), contextlib.aclosing(self.follow(job)) as states:
                async for state in states:
                    job = state
                    if steps is not None and job.stage >= steps:
                        break
        return job

    async def call(
        self, job_id: str, seconds: float, begin: Callable[[], Awaitable[None]]
    ) -> Job | None:
        """Begin work that has no row, and return how it ended.

        None if `seconds` pass first, or the task is cancelled: the answer may then
        have been missed, and asking again is right. What `begin` raises passes.
        """
        self._listen()
        with self._subscribed(job_id) as reports:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hearing.wait(), min(seconds, _LISTEN_SECONDS))
            await begin()
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(seconds):
                    while not (found := await reports.get()).ended:
                        pass
                    return found
        return None

    async def follow(self, job: Job) -> AsyncGenerator[Job]:
        """Yield the job whenever it changed, and at least every 10 s; the last one has ended."""
        self._listen()
        clock = asyncio.get_running_loop().time
        with self._subscribed(job.id) as reports:
            # Subscribed first, read second: what happens in between is not missed.
            found, shown, due = await in_database_thread(self._jobs.get, job.id), None, 0.0
            while True:
                if found != shown or clock() >= due:
                    shown, due = found, clock() + _REPEAT_SECONDS
                    yield found
                if found.ended:
                    return
                found = await self._next(job.id, reports)

    async def _next(self, job_id: str, reports: Reports) -> Job:
        try:
            return await asyncio.wait_for(reports.get(), _LOOK_SECONDS)
        except TimeoutError:
            return await in_database_thread(self._jobs.get, job_id)

    @contextlib.contextmanager
    def _subscribed(self, job_id: str) -> Iterator[Reports]:
        reports: Reports = asyncio.Queue(_BACKLOG)
        self._reports[job_id].add(reports)
        try:
            yield reports
        finally:
            self._reports[job_id].discard(reports)
            if not self._reports[job_id]:
                del self._reports[job_id]

    def _listen(self) -> None:
        """Listen on the running loop; a process has one, a test may have several."""
        if self._listener is None or self._listener.done() or self._of_another_loop():
            self._hearing = asyncio.Event()
            self._listener = asyncio.get_running_loop().create_task(self._keep_listening())

    def _of_another_loop(self) -> bool:
        current = asyncio.get_running_loop()
        return self._listener is not None and self._listener.get_loop() is not current

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                _heed_cancellation()
                log.warning("not hearing of jobs", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _hear(self) -> None:
        client = Redis.from_url(self._address, protocol=2, health_check_interval=10)
        async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.psubscribe(f"{keys.JOB_EVENTS}*")
            _heed_cancellation()
            self._hearing.set()
            try:
                await self._hand_out(channel)
            finally:
                self._hearing.clear()

    async def _hand_out(self, channel: PubSub) -> None:
        async for message in channel.listen():
            job_id = message["channel"].decode().removeprefix(keys.JOB_EVENTS)
            if job_id in self._reports:
                # A report of another version cannot be read: the row will tell in its time.
                with contextlib.suppress(msgspec.DecodeError):
                    self._tell(msgspec.json.decode(message["data"], type=Job))

    def _tell(self, job: Job) -> None:
        for reports in self._reports[job.id]:
            if reports.full():
                reports.get_nowait()
            reports.put_nowait(job)


def _heed_cancellation() -> None:
    """End the running task if it was told to: redis-py swallows that while it connects."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
