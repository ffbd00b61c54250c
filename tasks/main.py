"""Entry point of every Celery process: `celery -A tasks.main worker ...` and `... beat`.

Log lines are JSON, one a line, to standard error.
"""

import sys
from typing import Any

from celery.signals import setup_logging  # type: ignore[import-untyped]

from core.process.json_log import log_json
from core.settings import read_settings
from tasks import celery_tasks, runtime
from tasks.celery_app import make_celery
from tasks.worker import heartbeat
from tasks.worker.metrics import TaskMetrics

# A line for every tiny message and tick would bury the rest.
_CHATTY = ("celery.beat", "celery.app.trace", "celery.worker.strategy", "alembic", "urllib3")


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def _leave_logging_alone(**_: Any) -> None:
    """Receive Celery's signal: that somebody does is what stops it."""


settings = read_settings()
log_json(settings.log_level, _CHATTY, sys.stderr)
app = make_celery(settings.broker_address)
app.set_default()
runtime.configure(settings, app)
celery_tasks.add_schedule(app)
TaskMetrics(settings.metrics_dir).attach()
heartbeat.attach(app, settings.redis_address)
