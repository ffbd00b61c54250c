"""Gunicorn's settings, from ours: `gunicorn -c python:api.gunicorn_config api.main:app`."""

import os
import resource
import sys
from typing import Any

from core.errors import TickcastError
from core.process.lifetime import die_with_parent
from core.process.shared_counts import process_counts, release_row, reserve_row, share_counts
from core.process.shared_metrics import share_metrics
from core.settings import read_settings

try:
    _settings = read_settings()
except TickcastError as error:
    sys.exit(error.detail)

share_metrics(_settings.metrics_dir)
# While all are replaced there are twice as many, and those that end take their time.
share_counts(4 * _settings.api_workers)

# Many systems begin with 1,024 files a process, which as many idle callers would use up.
_, _most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most_files, _most_files))

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
workers = _settings.api_workers
worker_class = "api.gunicorn_worker.Worker"
# The heartbeat of a worker is a file; in memory no slow disk can make it look dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
timeout = 60
graceful_timeout = 3
keepalive = 75
loglevel = "warning"
# Nobody steers gunicorn but its supervisor, by signals.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Load what all workers run before they are forked: it takes each well over a second."""
    import api.app  # noqa: F401


def pre_fork(server: Any, worker: Any) -> None:
    """Choose where the worker will count what all of them limit together."""
    worker.counts_row = reserve_row()


def post_fork(server: Any, worker: Any) -> None:
    """End with the master, however it ends: an orphan would keep the port."""
    die_with_parent()
    process_counts().take_row(worker.counts_row)


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a worker held open, however it ended."""
    release_row(worker.counts_row)
