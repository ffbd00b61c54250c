"""What is asked of Redis, of the database and of the exchanges' prices; all of it may block."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, func, select, text
from sqlalchemy.pool import QueuePool

from core.clock.resolutions import MINUTE, resolution_name
from core.errors import DatabaseUnavailable, RedisUnavailable
from core.platforms import FETCHED
from storage.candles.freshness import FreshnessStore
from storage.candles.watches import Watch
from storage.database import reading, writing
from storage.disk_room import DiskRoom
from storage.installation.marks import Marks
from storage.live.newest_prices import newest_prices
from storage.live.traded_markets import TradedMarkets
from storage.models.run_tables import runs, targets
from storage.redis_checks import full_memory
from storage.redis_connection import redis_errors

_REDIS_SECONDS = 1.0
# A watched series that was due this long ago and has not come is late (s).
LATE_S = 2 * MINUTE
# A market that trades on an exchange of ours is silent for minutes now and then (s).
QUIET_S = 5 * MINUTE
# So many late series of a platform are named.
_NAMED = 6


class Connections(NamedTuple):
    """Connections of this process to the database: in use, idle, and how many there may be."""

    active: int
    idle: int
    most: int


class Exchange(NamedTuple):
    """When the newest price of a platform came (epoch ms), and whether that is recent enough.

    `watched` says whether anything of it is on the watch-list.
    """

    newest: int | None
    fresh: bool
    watched: bool


def ping(client: "redis.Redis") -> bool:
    """Ask Redis on a connection of its own, which gives up soon."""
    pool = client.connection_pool
    soon = {"socket_timeout": _REDIS_SECONDS, "socket_connect_timeout": _REDIS_SECONDS}
    options = {**pool.connection_kwargs, **soon, "retry": Retry(NoBackoff(), 0)}
    connection = pool.connection_class(**options)
    with redis_errors():
        try:
            # Not PING, which a Redis that cannot write refuses though it reads.
            connection.send_command("ECHO", "")
            return connection.read_response() is not None
        finally:
            connection.disconnect()


def ask_room(client: "redis.Redis", room: DiskRoom) -> dict[str, str]:
    """Return by disk and memory why writes to it are refused."""
    found = {"disk": fault} if (fault := room.fault) else {}
    with suppress(RedisUnavailable), redis_errors():
        if refusal := full_memory(client):
            found["memory of redis"] = refusal
    return found


def ask_marks(marks: Marks) -> dict[str, str]:
    """Return by part of the records what is missing of it."""
    return {fault.part: f"{fault.reason}; see tickcast doctor" for fault in marks.faults()}


def ask_feeds(freshness: FreshnessStore) -> dict[str, str]:
    """Return by platform which candles that are brought to us do not come."""
    late: dict[str, list[str]] = {}
    for series in freshness.noted():
        told = f"{series.symbol} {resolution_name(series.resolution)}"
        late.setdefault(series.platform, []).append(told)
    return {
        f"feed of {platform}": f"{', '.join(names[:_NAMED])}"
        f"{f' and {len(names) - _NAMED} more' if len(names) > _NAMED else ''} do not come"
        for platform, names in late.items()
    }


def ask_database(engine: Engine) -> Connections:
    """Read in a transaction that could write, which changes nothing and syncs nothing."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if file and not Path(file).exists():
        raise DatabaseUnavailable("The database's file is gone.")
    with writing(engine) as connection:
        connection.execute(text("SELECT 1 FROM alembic_version"))
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return Connections(0, 0, 0)
    most = pool.size() + max(0, pool._max_overflow)
    return Connections(pool.checkedout(), pool.checkedin(), most)


def count_models(engine: Engine) -> int:
    """Return how many models could speak: LSTMs, and champions of slots."""
    with reading(engine) as connection:
        trained = connection.scalar(select(func.count()).where(runs.c.name.is_not(None))) or 0
        champions = select(func.count()).where(targets.c.champion_id.is_not(None))
        return trained + (connection.scalar(champions) or 0)


def ask_prices(client: "redis.Redis", traded: TradedMarkets) -> Mapping[str, int]:
    """Return when the newest live price of each platform came (epoch ms)."""
    found: dict[str, int] = {}
    for market, at in newest_prices(client, traded.all()).items():
        found[market.platform] = max(at, found.get(market.platform, 0))
    return found


def exchanges(watches: list[Watch], live: Mapping[str, int], now: int) -> dict[str, Exchange]:
    """Judge every platform that is watched or has sent live prices.

    A watched series is fresh while its last fetch is younger than one candle and
    `LATE_S`, one that is brought while no candle of an open market is missing, a
    live one while its newest price is younger than `QUIET_S`. A platform is fresh if
    nothing that is watched of it is late; one that is not watched, if its live prices are
    fresh.
    """
    found: dict[str, Exchange] = {}
    for platform in {watch.series.platform for watch in watches} | live.keys():
        mine = [watch for watch in watches if watch.series.platform == platform]
        came = [live.get(platform), *(watch.last_success_at for watch in mine)]
        newest = max((at for at in came if at), default=None)
        quiet = now - live.get(platform, 0) > QUIET_S * 1_000
        fresh = not any(_is_late(watch, now) for watch in mine) if mine else not quiet
        found[platform] = Exchange(newest, fresh, bool(mine))
    return found


def _is_late(watch: Watch, now: int) -> bool:
    if watch.series.platform not in FETCHED and watch.last_run_at:
        # Its candles are brought: what looks after them knows the market's sessions.
        return watch.last_error is not None
    allowed = (watch.series.resolution + LATE_S) * 1_000
    return now - (watch.last_success_at or watch.created_at) > allowed
