"""The newest sealed signal of each offered slot, in Redis, so that a scan asks SQL for nothing.

It follows from the ledger: what is not there is read from SQL and put back.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import redis

from core.forecast_target import ForecastTarget
from storage import keys
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal
from storage.redis_connection import redis_errors
from storage.trades.live import LiveKind, message


class SignalBoard:
    """Every method may raise `RedisUnavailable` and `DatabaseUnavailable`."""

    def __init__(self, client: "redis.Redis", sealed: SealedSignals) -> None:
        self._client: Any = client
        self._sealed = sealed
        # What was read last of each target, and the row that it is: most have not changed since.
        self._read: dict[ForecastTarget, tuple[bytes, SealedSignal]] = {}

    def put(self, rows: Sequence[SealedSignal]) -> None:
        """Show rows as the newest of their targets."""
        if not rows:
            return
        shown = {str(row.target): msgspec.json.encode(row) for row in rows}
        with redis_errors():
            self._client.hset(keys.SIGNAL_BOARD, mapping=shown)

    def tell(self, rows: Sequence[SealedSignal]) -> None:
        """Show rows that were just sealed, and tell who listens to their markets."""
        self.put(rows)
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for row in rows:
                pipe.publish(keys.live(row.platform, row.symbol), message(LiveKind.SIGNAL, row))
            pipe.execute()

    def newest(self, targets: Iterable[ForecastTarget]) -> dict[ForecastTarget, SealedSignal]:
        """Return the newest signal of each target that ever had one."""
        wanted = list(targets)
        if not wanted:
            return {}
        with redis_errors():
            held = self._client.hmget(keys.SIGNAL_BOARD, [str(target) for target in wanted])
        found = {
            target: self._decoded(target, text)
            for target, text in zip(wanted, held, strict=True)
            if text is not None
        }
        lacking = [target for target in wanted if target not in found]
        if lacking:
            rows = self._sealed.newest(lacking)
            self.put(rows)
            found |= {row.target: row for row in rows}
        return found

    def _decoded(self, target: ForecastTarget, text: bytes) -> SealedSignal:
        known = self._read.get(target)
        if known is None or known[0] != text:
            known = self._read[target] = text, msgspec.json.decode(text, type=SealedSignal)
        return known[1]
