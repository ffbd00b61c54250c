"""Every task has a queue, and somebody who serves it."""

import shlex
from pathlib import Path

import pytest

from tasks import task_table as table
from tasks.celery_app import make_celery
from tasks.celery_tasks import STEPS, add_schedule, answer

PROCFILE = Path(__file__).parents[3] / "Procfile"


def test_every_task_waits_in_a_known_queue() -> None:
    app = make_celery("redis://localhost")
    ours = {name for name in app.tasks if not name.startswith("celery.")}

    assert ours == set(table.QUEUE_OF)
    assert set(table.QUEUE_OF.values()) <= set(table.QUEUES)


def test_every_queue_has_a_worker_in_the_procfile() -> None:
    served = []
    for line in PROCFILE.read_text().splitlines():
        words = shlex.split(line.partition(":")[2])
        if "-Q" in words:
            served += words[words.index("-Q") + 1].split(",")

    assert sorted(served) == sorted(table.QUEUES)


def test_a_periodic_task_expires_before_the_next_one_comes() -> None:
    app = make_celery("redis://localhost")
    add_schedule(app)

    for entry in app.conf.beat_schedule.values():
        assert 0 < app.tasks[entry["task"]].expires < entry["schedule"]
    assert {task.name for task in table.PERIODIC} == set(app.conf.beat_schedule)


def test_work_that_needs_a_job_cannot_be_called_without_one() -> None:
    called = {name for name, step in STEPS.items() if step.task.call}

    assert called == {"compute_indicators", "predict_range", "generate_signal", "detect_amd"}
    with pytest.raises(ValueError, match="needs a job"):
        answer("1", "store_candles", {})


def test_only_json_is_read() -> None:
    assert make_celery("redis://localhost").conf.accept_content == ["json"]
