"""Anomalies by time, and how far the detector has read."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import redis

from storage import keys
from storage.redis_connection import redis_errors
from storage.trades.live import LiveKind, message


class AnomalyRecord(msgspec.Struct, frozen=True):
    """One finding: time in microseconds UTC, price in quote and size in base currency."""

    time: int
    trade_id: int | None
    price: float | None
    size: float | None
    score: float
    reason: str


class Judged(NamedTuple):
    """What a look at one symbol's new trades found, and the detector's state before and after."""

    symbol: str
    found: Sequence[AnomalyRecord]
    state_before: bytes | None
    state: bytes


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(AnomalyRecord).decode


class AnomalyStore:
    """Anomalies of a symbol; older than `days` before the newest are dropped (0: never)."""

    def __init__(self, client: "redis.Redis", days: int = 30) -> None:
        self._client: Any = client
        self._retention_ms = days * 86_400_000

    def record(self, platform: str, symbol: str, found: Sequence[AnomalyRecord]) -> None:
        """Store findings; the same ones again change nothing."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=True)
            self._queue(pipe, platform, symbol, found)
            pipe.execute()

    def record_judged(self, platform: str, judged: Sequence[Judged]) -> bool:
        """Store the findings of several symbols and the detector's new states, together.

        Returns False, and stores nothing, if a state is no longer the one that the
        judgement began with: another worker was quicker.
        """
        names = [keys.detector(platform, one.symbol) for one in judged]
        with redis_errors(), self._client.pipeline() as pipe:
            pipe.watch(*names)
            if self._client.mget(names) != [one.state_before for one in judged]:
                return False
            pipe.multi()
            for name, one in zip(names, judged, strict=True):
                pipe.set(name, one.state)
                self._queue(pipe, platform, one.symbol, one.found)
            try:
                pipe.execute()
            except redis.WatchError:
                return False
        return True

    def detector_states(self, platform: str, symbols: Sequence[str]) -> dict[str, bytes | None]:
        """Return what `record_judged` stored last for each symbol."""
        with redis_errors():
            packed = self._client.mget([keys.detector(platform, symbol) for symbol in symbols])
        return dict(zip(symbols, packed, strict=True))

    def read(
        self,
        platform: str,
        symbol: str,
        start_ms: int,
        end_ms: int,
        min_score: float = 0.0,
        limit: int = 1_000,
        offset: int = 0,
    ) -> list[AnomalyRecord]:
        """Return findings of the range whose score is at least `min_score`, oldest first."""
        name = keys.anomalies(platform, symbol)
        with redis_errors():
            members = self._client.zrangebyscore(name, start_ms, end_ms)
        found = sorted((_DECODE(member) for member in members), key=lambda one: one.time)
        return [one for one in found if one.score >= min_score][offset : offset + limit]

    def _queue(self, pipe: Any, platform: str, symbol: str, found: Sequence[AnomalyRecord]) -> None:
        labels = ("LABELS", "platform", platform, "symbol", symbol, "field", "anomaly_score")
        options = ("RETENTION", self._retention_ms, "ON_DUPLICATE", "MAX", *labels)
        name = keys.anomalies(platform, symbol)
        for one in found:
            ms = one.time // 1_000
            pipe.zadd(name, {_ENCODE(one): ms})
            pipe.execute_command(
                "TS.ADD", keys.anomaly_score(platform, symbol), ms, one.score, *options
            )
            pipe.publish(keys.live(platform, symbol), message(LiveKind.ANOMALY, one))
        if found and self._retention_ms:
            newest = max(one.time for one in found) // 1_000
            pipe.zremrangebyscore(name, "-inf", newest - self._retention_ms)
