"""Jobs whose worker died or whose message got lost, put back on their way."""

import logging

from core.clock.times import now_ms
from core.jobs import Job
from storage.stores import Stores
from tasks.enqueue import Enqueue
from tasks.jobs.held_job import tell
from tasks.task_table import QUEUE_OF

logger = logging.getLogger(__name__)

STALE_MS = 15_000
UNPUBLISHED_MS = 5_000
FORGOTTEN_MS = 60_000


def reap_jobs(
    stores: Stores,
    enqueue: Enqueue,
    stale_ms: int = STALE_MS,
    unpublished_ms: int = UNPUBLISHED_MS,
    forgotten_ms: int = FORGOTTEN_MS,
) -> int:
    """Look once after all unfinished jobs; returns how many were sent again.

    Jobs of a worker that has been silent for `stale_ms` are queued again, or
    failed when too many workers died of them. Jobs whose sender did not come to
    publish them are published after `unpublished_ms`. Jobs that wait although
    their queue is empty have lost their message: after `forgotten_ms` they get a
    new one. Several reapers at once do no harm.
    """
    again = [job for job in stores.jobs.stale(stale_ms) if _released(stores, job)]
    again += stores.jobs.unpublished(unpublished_ms)
    again += _forgotten(stores, enqueue, forgotten_ms)
    for job in {job.id: job for job in again}.values():
        logger.warning("job %s: sent again", job.id)
        enqueue.publish(job)
    return len(again)


def _released(stores: Stores, job: Job) -> bool:
    if stores.jobs.give_up_or_release(job):
        return True
    tell(stores, stores.jobs.get(job.id))
    return False


def _forgotten(stores: Stores, enqueue: Enqueue, forgotten_ms: int) -> list[Job]:
    waiting = stores.jobs.queued_before(now_ms() - forgotten_ms)
    if not waiting:
        return []
    lengths = enqueue.queue_lengths()
    return [job for job in waiting if not lengths.get(QUEUE_OF[job.stages[job.stage]])]
