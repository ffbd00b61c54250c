"""Signs of life of the Celery processes, and their way out when they hang."""

import os
import threading
import time
from functools import partial
from typing import Any

from celery import Celery, bootsteps  # type: ignore[import-untyped]
from celery.signals import (  # type: ignore[import-untyped]
    beat_init,
    worker_process_init,
    worker_shutting_down,
)
from celery.worker import state  # type: ignore[import-untyped]

from core.errors import Unavailable
from core.process.lifetime import die_with_parent
from storage.jobs.workers import WorkerStore
from storage.redis_connection import connect, redis_errors
from tasks.jobs.ending import Watchdog, ask_to_stop, end_process
from tasks.jobs.loaded_models import models
from tasks.worker.heartbeat_loop import Fields, send_heartbeats
from tasks.worker.process_state import count_stopped, longest_running, memory_mb, pool_processes

SCHEDULE_TIMEOUT_S = 30.0


def attach(app: Celery, redis_address: str) -> None:
    """Have every worker and beat of this application send its heartbeat to Redis.

    The fields are `role` (the node's name up to the @), `pid`, `started_at` and
    `at` (epoch ms), `memory_mb`, and of a worker `consumed`, `running` and `waiting`
    messages, `idle_s` (how long messages have waited while it does nothing),
    `oldest_s` (how long the oldest running one has run), `stopped` (processes of
    its pool that stand still), `models` (how many it has loaded) and `loaded` (the ids
    of their trainings).
    """
    WorkerHeartbeat.redis_address = redis_address
    app.steps["worker"].add(WorkerHeartbeat)
    beat_init.connect(lambda sender, **_: _start_beat_heartbeat(sender, redis_address), weak=False)
    worker_shutting_down.connect(_hand_work_back, weak=False)
    worker_process_init.connect(partial(_die_with_worker, os.getpid()), weak=False)


class WorkerHeartbeat(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs beside the consumer, in the worker's main process."""

    redis_address = ""
    timeout_s = 10.0

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._over = threading.Event()

    def start(self, worker: Any) -> None:
        watchdog = Watchdog(self.timeout_s)
        client = connect(self.redis_address, timeout=2, retries=0)
        queues = list(worker.app.amqp.queues.consume_from)

        def look() -> Fields:
            consumed, running = state.all_total_count[0], len(state.active_requests)
            waiting = _waiting(client, queues)
            idle = watchdog.idle_for(time.monotonic(), waiting, consumed, running)
            if idle >= watchdog.timeout:
                end_process("messages wait, but none arrives here")
            pool, loaded = pool_processes(), models.ids()
            return {
                "consumed": consumed,
                "running": running,
                "waiting": waiting or 0,
                "idle_s": int(idle),
                "oldest_s": longest_running(state.active_requests),
                "stopped": count_stopped(pool),
                "memory_mb": memory_mb(pool),
                "models": len(loaded),
                "loaded": " ".join(loaded),
            }

        send_heartbeats(WorkerStore(client), worker.hostname, ",".join(queues), look, self._over)

    def stop(self, worker: Any) -> None:
        self._over.set()


def _start_beat_heartbeat(service: Any, redis_address: str) -> None:
    def look() -> Fields:
        ticked = service._last_tick
        if ticked and time.monotonic() - ticked > SCHEDULE_TIMEOUT_S:
            end_process("the schedule stands still")
        return {"memory_mb": memory_mb(())}

    store = WorkerStore(connect(redis_address, timeout=2, retries=0))
    send_heartbeats(store, f"beat@{os.uname().nodename}", "", look, threading.Event())


def _waiting(client: Any, queues: list[str]) -> int | None:
    try:
        with redis_errors():
            return sum(int(client.llen(queue)) for queue in queues)
    except Unavailable:
        return None


def _die_with_worker(worker: int, **_: Any) -> None:
    """Keep a pool's child from going on with a job that has been given to another."""
    if os.getpid() != worker:
        die_with_parent(parent=worker)


def _hand_work_back(**_: Any) -> None:
    ask_to_stop()
