"""The Celery application: how messages travel, and that none is lost or trusted."""

from celery import Celery  # type: ignore[import-untyped]
from kombu.transport import TRANSPORT_ALIASES

from tasks.task_table import MAINTENANCE, QUEUE_OF
from tasks.worker import dead_messages, request_ids

# A message that no worker acknowledged returns to its queue after this time (s). It may
# be shorter than the longest job: a job that is taken cannot be taken twice (`run_step`).
VISIBILITY_S = 60
_ANSWER_S = 3.0
_TRANSPORT = {
    "visibility_timeout": VISIBILITY_S,
    # Without these two a lost message comes back after 100 s at the earliest.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A worker killed while it held the sweep's lock must not stop all sweeps for 5 minutes.
    "unacked_mutex_expire": 10,
    # A silent connection, as after a network cut, is dropped when a wait of 1 s plus this
    # brought no answer.
    "health_check_interval": 10,
    "socket_timeout": _ANSWER_S,
    "socket_connect_timeout": _ANSWER_S,
    "socket_keepalive": True,
}
# The stream worker's: its messages take milliseconds, so that one which was not acknowledged
# for 5 s was lost with its worker. Names of its own for what it holds keep that haste
# from the other workers.
STREAM_TRANSPORT = {
    **_TRANSPORT,
    "visibility_timeout": 5,
    "unacked_restore_interval": 1,
    "unacked_key": "unacked:stream",
    "unacked_index_key": "unacked:stream:index",
    "unacked_mutex_key": "unacked:stream:mutex",
    "unacked_mutex_expire": 3,
}
# By the scheme of the broker's address: no worker ends of what it cannot read.
TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "tasks.worker.broker_transport:Transport")
_SETTINGS = {
    # JSON only: a pickle would run whatever its sender likes.
    "task_serializer": "json",
    "accept_content": ["json"],
    "worker_consumer": "tasks.worker.consumer:Consumer",
    "task_ignore_result": True,
    # A message leaves the broker when its work is done, not when it begins.
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    # After a lost connection Celery would count running tasks against the prefetch limit,
    # which at a limit of one stops all consuming.
    "worker_enable_prefetch_count_reduction": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # Broadcast connections are what most hangs after a reconnect came from; unused here.
    "worker_enable_remote_control": False,
    "broker_connection_retry_on_startup": True,
    # A Redis on a full disk refuses every write, fetching a message too: no worker ends of it.
    "broker_channel_error_retry": True,
    "broker_connection_max_retries": None,
    # One more try on a fresh connection: pooled ones are dead after a restart of Redis.
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_max": 0},
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "task_default_queue": MAINTENANCE,
    "task_routes": {task: {"queue": queue} for task, queue in QUEUE_OF.items()},
    "timezone": "UTC",
}


def make_celery(broker_url: str, answer_s: float = _ANSWER_S) -> Celery:
    """Return an application on the Redis at `broker_url`; nothing is connected yet.

    Tasks are registered by importing `tasks.celery_tasks`, which senders need not.
    There is no result backend: results are in the job's row. Redis is waited for
    `answer_s` seconds at a time.
    """
    transport = {**_TRANSPORT, "socket_timeout": answer_s, "socket_connect_timeout": answer_s}
    request_ids.attach()
    dead_messages.attach()
    app = Celery("tickcast", broker=broker_url)
    app.conf.update(_SETTINGS, broker_transport_options=transport)
    return app
