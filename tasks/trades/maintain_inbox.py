"""Accepted batches whose message got lost, named again."""

import logging

from storage.trades.stream_stores import StreamStores
from tasks.trades.enqueue_stream import EnqueueStream

logger = logging.getLogger(__name__)

# A batch is processed within milliseconds once a message is fetched: after so long (ms)
# with nothing in the queue, the message died with its worker, or the batch failed.
LOST_MS = 3_000
# After so long (ms) it is named again whatever waits in the queue.
FORGOTTEN_MS = 60_000


def keep_intake(stream: StreamStores, enqueue: EnqueueStream, waiting: int) -> int:
    """Name lost batches again; `waiting` messages are in the queue. Returns how many were named.

    One name is enough for all that nobody has taken up yet. A batch that was not lost is
    processed once all the same.
    """
    lost = stream.intake.waiting(FORGOTTEN_MS if waiting else LOST_MS)
    named = stream.intake.tried(lost)
    named += [batch_id for batch_id in lost if batch_id not in named][:1]
    for batch_id in named:
        logger.warning("batch %s: named again", batch_id)
        enqueue.again(batch_id)
    return len(named)


def take_up(stream: StreamStores, enqueue: EnqueueStream) -> int:
    """Name every batch of the intake at once: a stream worker begins, one may have died."""
    waiting = stream.intake.waiting()
    for batch_id in waiting:
        enqueue.again(batch_id)
    return len(waiting)
