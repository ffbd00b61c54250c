"""What a market's data went through: counts, and where the exchange's candles differ from ours."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
import redis

from core.clock.times import now_ms
from core.series import Market
from storage import keys
from storage.candles.differences import Difference, note_command
from storage.optimistic import optimistic
from storage.redis_connection import redis_errors

Key: TypeAlias = tuple[int, int]  # resolution and opening (s)
MOST_COMPARED = 500


class QualityCount(StrEnum):
    """What is counted of each market.

    LATE: trades that came after a later one. DUPLICATES: trades sent again.
    QUARANTINED: trades set aside because their id belongs to another trade.
    OVERLAPS: aggregates that hold trades counted already. UNAPPLIED: trades whose
    candle or tick is older than what its series may hold; the journal has them.
    REBUILT: candles computed anew from the journal. EPOCHS: how often ids began again.
    """

    LATE = "late"
    DUPLICATES = "duplicates"
    QUARANTINED = "quarantined"
    OVERLAPS = "overlaps"
    UNAPPLIED = "unapplied"
    REBUILT = "rebuilt"
    EPOCHS = "epochs"


_DECODE = msgspec.json.Decoder(Difference).decode


class QualityLog:
    """Counts of each market, and its newest 1,000 differences."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def counts(self, market: Market) -> dict[str, int]:
        """Return every count of a market, 0 where nothing was counted."""
        with redis_errors():
            found = self._client.hgetall(keys.quality_counts(*market))
        return {count.value: int(found.get(count.value.encode(), 0)) for count in QualityCount}

    def count(self, market: Market, counts: Mapping[QualityCount, int]) -> None:
        """Add to a market's counts."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            queue_counts(pipe, *market, counts)
            pipe.execute()

    def note(self, market: Market, differences: Sequence[Difference]) -> None:
        """Keep differences; beyond 1,000 of a market the oldest go."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for one in differences:
                pipe.execute_command(*note_command(market, one))
            pipe.execute()

    def newest(
        self, market: Market, limit: int, before: str | None = None
    ) -> tuple[list[Difference], str | None]:
        """Return the newest differences first, and where the next page begins (None: the end)."""
        last = f"({before}" if before else "+"
        with redis_errors():
            rows = self._client.xrevrange(keys.quality_log(*market), last, "-", count=limit + 1)
        told = [_DECODE(fields[b"d"]) for _, fields in rows[:limit]]
        return told, rows[limit - 1][0].decode() if len(rows) > limit else None

    def settles_at(self, market: Market, settled_ms: int) -> int | None:
        """Return when (epoch ms) the first candle may be compared that late trades changed."""
        with redis_errors():
            first = self._client.zrange(keys.uncompared(*market), 0, 0, withscores=True)
        return int(first[0][1]) + settled_ms if first else None

    def compare_settled(
        self, market: Market, before_ms: int, compare: Callable[[list[Key]], list[Difference]]
    ) -> int:
        """Note how candles whose last trades came before an instant differ from the exchange's.

        `compare` returns the differences of candles by (resolution, opening). Of what late
        trades change meanwhile it is asked again. Returns how many differ.
        """
        name = keys.uncompared(*market)

        def change(pipe: Any) -> int:
            due = self._client.zrangebyscore(name, "-inf", before_ms, start=0, num=MOST_COMPARED)
            found = compare([_key(member) for member in due]) if due else []
            pipe.multi()
            for one in found:
                pipe.execute_command(*note_command(market, one))
            if due:
                pipe.zrem(name, *due)
            return len(found)

        return optimistic(self._client, [name], change)


def queue_comparison(pipe: Any, platform: str, symbol: str, candles: Iterable[Key]) -> None:
    """Queue that candles of the exchange are compared once no more of their trades come."""
    touched = {f"{resolution}:{opening}": now_ms() for resolution, opening in candles}
    if touched:
        pipe.zadd(keys.uncompared(platform, symbol), touched)


def _key(member: bytes) -> Key:
    resolution, opening = map(int, member.split(b":"))
    return resolution, opening


def queue_counts(pipe: Any, platform: str, symbol: str, counts: Mapping[QualityCount, int]) -> None:
    """Queue additions to a market's counts on a pipeline, inside whatever transaction it is.

    They are added to those of its platform as well.
    """
    for name, number in counts.items():
        if number:
            pipe.hincrby(keys.quality_counts(platform, symbol), name.value, number)
            pipe.hincrby(keys.quality_totals(platform), name.value, number)
