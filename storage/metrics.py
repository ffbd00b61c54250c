"""Figures of the whole installation, cheap enough to be read every few seconds."""

from typing import Any, NamedTuple

import redis
from sqlalchemy import Engine, func, select

from core.ledger import LIVE
from storage import keys
from storage.database import reading
from storage.jobs.dead_letters import DeadCounts, DeadLetters
from storage.ledger.ledger_rows import MISSED
from storage.ledger.ledger_tables import ledger, ledger_events, ledger_pending
from storage.live.quality import QualityCount
from storage.live.quarantine import COUNTS
from storage.redis_connection import redis_errors
from storage.tables import jobs


class RecordMetrics(NamedTuple):
    """Jobs by state; of the live ledger its forecasts, those without outcome and those missed,
    and when the newest was made (epoch ms, None without any)."""

    jobs: dict[str, int]
    forecasts: int
    pending: int
    missed: int
    newest_forecast: int | None


class LiveMetrics(NamedTuple):
    """Messages by platform and what became of them; what trades went through, by platform;
    batches that wait; series that are held; what could not be read or stored."""

    messages: dict[str, dict[str, int]]
    quality: dict[str, dict[str, int]]
    batches: int
    series: int
    dead: DeadCounts


def read_record_metrics(engine: Engine) -> RecordMetrics:
    """Read what SQL knows; every query is answered by an index or a small table."""
    newest = select(func.max(ledger.c.seq)).where(ledger.c.ledger == LIVE)
    missed = select(func.coalesce(func.sum(ledger_events.c.count), 0)).where(
        ledger_events.c.ledger == LIVE, ledger_events.c.kind == MISSED
    )
    with reading(engine) as connection:
        states = connection.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))
        by_state = {state: int(count) for state, count in states}
        last = connection.scalar(newest) or 0
        made_at = select(ledger.c.made_at).where(ledger.c.ledger == LIVE, ledger.c.seq == last)
        return RecordMetrics(
            by_state,
            last,
            connection.scalar(select(func.count()).select_from(ledger_pending)) or 0,
            int(connection.scalar(missed) or 0),
            connection.scalar(made_at),
        )


def read_live_metrics(client: "redis.Redis") -> LiveMetrics:
    """Read what Redis knows."""
    with redis_errors():
        found = sorted(client.scan_iter(match=keys.ingest_counts("*"), count=1_000))
        pipe: Any = client.pipeline(transaction=False)
        for key in found:
            pipe.hmget(key, *COUNTS)
        pipe.zcard(keys.INTAKE_INDEX)
        pipe.scard(keys.SERIES_INDEX)
        for key in found:
            pipe.hgetall(keys.quality_totals(_platform(key)))
        replies = pipe.execute()
    counts, (batches, series), totals = (
        replies[: len(found)],
        replies[len(found) : len(found) + 2],
        replies[len(found) + 2 :],
    )
    platforms = [_platform(key) for key in found]
    messages = {
        platform: {name: int(count or 0) for name, count in zip(COUNTS, row, strict=True)}
        for platform, row in zip(platforms, counts, strict=True)
    }
    quality = {
        platform: {count.value: int(row.get(count.value.encode(), 0)) for count in QualityCount}
        for platform, row in zip(platforms, totals, strict=True)
    }
    dead = DeadLetters(client).counts()
    return LiveMetrics(messages, quality, int(batches), int(series), dead)


def _platform(ingest_key: bytes) -> str:
    return ingest_key.decode().partition(":")[2]
