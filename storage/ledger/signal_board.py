"""The newest sealed signal of each offered slot, in Redis, so that a scan asks SQL for nothing.

It follows from the ledger: what is not there is read from SQL and put back.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import redis

from core.forecast_target import ForecastTarget
from storage import keys
from storage.candles.series_facts import SeriesFactsStore
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal
from storage.redis_connection import redis_errors
from storage.trades.live import LiveKind, message

# A board shows what was put on it within so long (s), and at once what this process put there.
MARK_BELIEF_S = 0.2


class _Seen(NamedTuple):
    """What was read of the board while it had a mark: each write gives it another."""

    mark: bytes | None
    rows: dict[ForecastTarget, SealedSignal | None]


class SignalBoard:
    """Rows stand there with the grid of their series.

    Every method may raise `RedisUnavailable` and `DatabaseUnavailable`.
    """

    def __init__(
        self,
        client: "redis.Redis",
        sealed: SealedSignals,
        facts: SeriesFactsStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client: Any = client
        self._sealed = sealed
        self._facts = facts
        # What was read last of each target, and the row that it is: most have not changed since.
        self._read: dict[ForecastTarget, tuple[bytes, SealedSignal]] = {}
        self._seen = _Seen(None, {})
        self._clock = clock
        self._marked: tuple[float, bytes | None] = (float("-inf"), None)

    def put(self, rows: Sequence[SealedSignal]) -> list[SealedSignal]:
        """Show rows as the newest of their targets; returns them as they are shown."""
        if not rows:
            return []
        placed = self._facts.on_grids(rows)
        shown = {str(row.target): msgspec.json.encode(row) for row in placed}
        with redis_errors():
            written = self._client.pipeline(transaction=True)
            written.hset(keys.SIGNAL_BOARD, mapping=shown)
            written.set(keys.SIGNAL_BOARD_MARK, secrets.token_hex(8))
            written.execute()
        self._marked = float("-inf"), None
        return placed

    def tell(self, rows: Sequence[SealedSignal]) -> None:
        """Show rows that were just sealed, and tell who listens to their markets."""
        placed = self.put(rows)
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for row in placed:
                pipe.publish(keys.live(row.platform, row.symbol), message(LiveKind.SIGNAL, row))
            pipe.execute()

    def mark(self) -> bytes | None:
        """Return what is another once a row was shown, None where nothing stands on the board."""
        if at_hand := self.mark_at_hand():
            return at_hand
        until = self._clock() + MARK_BELIEF_S
        with redis_errors():
            mark: bytes | None = self._client.get(keys.SIGNAL_BOARD_MARK)
        self._marked = until, mark
        return mark

    def mark_at_hand(self) -> bytes | None:
        """Return the mark that was read just now, without a wait for Redis; None if none was."""
        until, mark = self._marked
        return mark if self._clock() < until else None

    def newest(self, targets: Iterable[ForecastTarget]) -> dict[ForecastTarget, SealedSignal]:
        """Return the newest signal of each target that ever had one."""
        wanted = list(targets)
        if not wanted:
            return {}
        mark, seen = self.mark(), self._seen
        if mark is None or mark != seen.mark or not all(one in seen.rows for one in wanted):
            seen = self._look(wanted)
        return {one: row for one in wanted if (row := seen.rows[one]) is not None}

    def _look(self, wanted: Sequence[ForecastTarget]) -> _Seen:
        """Read the rows of some targets, from SQL and onto the board what is not on it."""
        with redis_errors():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.get(keys.SIGNAL_BOARD_MARK)
            pipeline.hmget(keys.SIGNAL_BOARD, [str(target) for target in wanted])
            mark, held = pipeline.execute()
        known = self._seen
        rows = {} if mark is None or mark != known.mark else dict(known.rows)
        for target, text in zip(wanted, held, strict=True):
            rows[target] = None if text is None else self._decoded(target, text)
        if lacking := [target for target in wanted if rows[target] is None]:
            shown = self.put(self._sealed.newest(lacking))
            rows |= {row.target: row for row in shown}
        self._seen = _Seen(mark, rows)
        return self._seen

    def _decoded(self, target: ForecastTarget, text: bytes) -> SealedSignal:
        known = self._read.get(target)
        if known is None or known[0] != text:
            known = self._read[target] = text, msgspec.json.decode(text, type=SealedSignal)
        return known[1]
