"""Every task has a queue, and somebody who serves it."""

import shlex
from pathlib import Path

from tasks import (
    celery_next_candle,  # noqa: F401 - its tasks are registered by this
    celery_signals,  # noqa: F401 - its tasks are registered by this
    queues,
)
from tasks.celery_app import make_celery
from tasks.celery_tasks import SCHEDULE, add_schedule

PROCFILE = Path(__file__).parents[3] / "Procfile"


def test_every_task_waits_in_a_known_queue() -> None:
    app = make_celery("redis://localhost")
    ours = {name for name in app.tasks if not name.startswith("celery.")}

    assert ours == set(queues.QUEUE_OF)
    assert set(queues.QUEUE_OF.values()) <= set(queues.QUEUES)


def test_every_queue_has_a_worker_in_the_procfile() -> None:
    served = []
    for line in PROCFILE.read_text().splitlines():
        words = shlex.split(line.partition(":")[2])
        if "-Q" in words:
            served += words[words.index("-Q") + 1].split(",")

    assert sorted(served) == sorted(queues.QUEUES)


def test_a_periodic_task_expires_before_the_next_one_comes() -> None:
    app = make_celery("redis://localhost")
    add_schedule(app)

    for entry in app.conf.beat_schedule.values():
        assert 0 < app.tasks[entry["task"]].expires < entry["schedule"]
    assert set(SCHEDULE) == set(app.conf.beat_schedule)


def test_only_json_is_read() -> None:
    assert make_celery("redis://localhost").conf.accept_content == ["json"]
