"""What is kept of tasks that ended long ago, and of raw trades that are too old: nothing."""

import logging

from core.clock.resolutions import DAY
from core.clock.times import now_ms
from storage.agent.conversations import ConversationStore
from storage.database import shorten_log
from storage.journal.archive import JournalArchive
from storage.sales.webhooks import BODY_DAYS, WebhookStore
from storage.stores import Stores

logger = logging.getLogger(__name__)

# Readers of signals who stayed away longer begin with what may be entered now.
EVENT_DAYS = 30


def purge_records(stores: Stores, job_days: int, now: int | None = None) -> int:
    """Delete tasks that ended over `job_days` ago, 0 keeping all; returns how many.

    In parts, so that nobody waits long for the right to write. What readers of signals were
    told is forgotten too.
    """
    before = (now_ms() if now is None else now) - job_days * DAY * 1_000
    deleted = 0
    while job_days and (count := stores.jobs.purge(before)):
        deleted += count
    if deleted:
        logger.info("%d tasks that ended over %d days ago are forgotten", deleted, job_days)
    stores.signal_events.purge((now_ms() if now is None else now) - EVENT_DAYS * DAY * 1_000)
    shorten_log(stores.engine)
    return deleted


def purge_bodies(webhooks: WebhookStore, now: int) -> int:
    """Drop the bodies of payment events that are too old; returns how many."""
    dropped = webhooks.forget_bodies(now - BODY_DAYS * DAY * 1_000)
    if dropped:
        logger.info("bodies of %d payment events of over %d days ago are gone", dropped, BODY_DAYS)
    return dropped


def purge_conversations(conversations: ConversationStore, days: int, now: int) -> int:
    """Forget conversations without a turn for `days`; returns how many."""
    deleted = 0
    while count := conversations.purge(now - days * DAY * 1_000):
        deleted += count
    if deleted:
        logger.info("%d conversations of over %d days ago are forgotten", deleted, days)
    return deleted


def purge_archive(archive: JournalArchive, days: int, now: int | None = None) -> int:
    """Delete files of trades of over `days` ago, 0 keeping all; returns how many.

    Candles, and the ids by which repetitions are known, stay.
    """
    if not days:
        return 0
    deleted = archive.purge((now_ms() if now is None else now) - days * DAY * 1_000)
    if deleted:
        logger.info("%d files of trades of over %d days ago are deleted", deleted, days)
    return deleted
