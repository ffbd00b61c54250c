"""Entry point of every Celery process: `celery -A tasks.main worker ...` and `... beat`."""

from core.settings import read_settings
from tasks import celery_tasks, runtime
from tasks.celery_app import make_celery
from tasks.worker import heartbeat
from tasks.worker.logs import log_to_stderr
from tasks.worker.metrics import TaskMetrics

settings = read_settings()
log_to_stderr(settings.log_level)
app = make_celery(settings.broker_address)
app.set_default()
runtime.configure(settings, app)
celery_tasks.add_schedule(app)
TaskMetrics(settings.metrics_dir).attach()
heartbeat.attach(app, settings.redis_address)
