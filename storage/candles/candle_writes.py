"""Writing one chunk of candles in one transaction."""

import secrets
from typing import Any, NamedTuple

from core.clock.times import now_ms
from core.errors import TickcastError
from core.series import Market, Series
from storage import keys
from storage.candles.candle_columns import Candles
from storage.candles.candle_commands import (
    FIELDS,
    PLAIN_FIELDS,
    Command,
    add,
    alter,
    create,
    forget_packed,
    is_missing,
    is_there,
    key,
    or_empty,
    span,
)
from storage.candles.candle_merge import Merge, Samples, WriteResult, merge
from storage.candles.candle_replies import to_candles
from storage.candles.differences import CandleValues, Difference, note_command
from storage.candles.series_state import with_change

_STATE = ("write", "retention", "changes")


class _Held(NamedTuple):
    """What Redis holds: the candles in a chunk's span, and what is known of the series."""

    candles: Candles
    missing: list[str]  # fields that have no key
    newest: int  # last opening of the series, 0 if there is none
    mark: str  # of the last write
    retention: str  # milliseconds
    changes: str  # of the last writes


class ChunkWriter:
    """Writes one chunk of a series; `write` may be tried until it is in.

    Every write changes the series' state hash and watches it, so that two
    writers cannot both act on what they read: the later one's transaction fails
    with `redis.WatchError`, and so does one whose connection was lost.
    """

    def __init__(self, client: Any, series: Series, retention_s: int) -> None:
        self._client = client
        self._series = series
        self._retention = retention_s
        self._mark = secrets.token_hex(8)
        self._sent: WriteResult | None = None

    def write(self, chunk: Candles, newest: int) -> WriteResult:
        """Try once. `newest` is the last opening of the whole batch (s).

        If an earlier try was carried out and only its answer lost, its result counts.
        """
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.watch(keys.candle_state(self._series))
            held = self._look(chunk)
            if self._sent and held.mark == self._mark:
                return self._sent
            kept = self._young_enough(chunk, max(newest, held.newest))
            merged = merge(held.candles, kept)
            result = merged.result.plus(WriteResult(unchanged=len(chunk) - len(kept)))
            if merged.changes:
                self._sent = result
                pipeline.multi()
                noted = self._differences(merged.ours, merged.theirs)
                noted += forget_packed(self._series, _openings(merged.changes))
                self._carry_out(pipeline, merged, held, [*self._preparation(held), *noted])
        return result

    def _look(self, chunk: Candles) -> _Held:
        series, bounds = self._series, span(int(chunk.time[0]), int(chunk.time[-1]))
        pipeline = self._client.pipeline(transaction=False)
        for field in FIELDS:
            pipeline.execute_command("TS.RANGE", key(series, field), *bounds)
        pipeline.execute_command("TS.GET", key(series, "close"))
        pipeline.hmget(keys.candle_state(series), *_STATE)
        *replies, newest, state = pipeline.execute(raise_on_error=False)
        missing = [f for f, reply in zip(FIELDS, replies, strict=True) if is_missing(reply)]
        candles = to_candles([or_empty(reply) for reply in replies])
        last = int(or_empty(newest)[0]) // 1_000 if or_empty(newest) else 0
        return _Held(candles, missing, last, *((part or b"").decode() for part in or_empty(state)))

    def _young_enough(self, chunk: Candles, newest: int) -> Candles:
        # Redis refuses samples that are older than the retention.
        return chunk.take(chunk.time >= newest - self._retention) if self._retention else chunk

    def _preparation(self, held: _Held) -> list[Command]:
        """Return what has to come before the samples: new keys, or another retention."""
        series, retention = self._series, self._retention * 1_000
        commands = [create(series, field, retention) for field in held.missing]
        if held.retention != str(retention):
            there = (field for field in FIELDS if field not in held.missing)
            commands += [alter(series, field, retention) for field in there]
        return commands

    def _differences(self, ours: Candles, theirs: Candles) -> list[Command]:
        """Return what notes candles of which the exchange's and ours differ, with their change."""
        market = Market(self._series.platform, self._series.symbol)
        now, resolution = now_ms(), self._series.resolution
        pairs = zip(ours.time.tolist(), _values(ours), _values(theirs), strict=True)
        return [note_command(market, Difference(now, resolution, *pair)) for pair in pairs]

    def _carry_out(
        self, pipeline: Any, merged: Merge, held: _Held, preparation: list[Command]
    ) -> None:
        first = min(int(samples.time[0]) for samples in merged.changes)
        changes = with_change(held.changes, self._mark, first)
        values = (self._mark, str(self._retention * 1_000), changes)
        state = dict(zip(_STATE, values, strict=True))
        for command in preparation:
            pipeline.execute_command(*command)
        for samples in merged.changes:
            pipeline.execute_command(*add(self._series, samples))
        pipeline.hset(keys.candle_state(self._series), mapping=state)
        pipeline.sadd(keys.SERIES_INDEX, str(self._series))
        answers = pipeline.execute(raise_on_error=False)
        for answer in (*answers[: len(preparation)], *answers[-2:]):
            # Whoever made a key in the meantime made it as we would have.
            if not is_there(answer):
                or_empty(answer)
        for samples, answer in zip(merged.changes, answers[len(preparation) : -2], strict=True):
            _check_each(samples, or_empty(answer))


def _openings(changes: list[Samples]) -> set[int]:
    return {opening for samples in changes for opening in samples.time.tolist()}


def _values(candles: Candles) -> list[CandleValues]:
    columns = (getattr(candles, field).tolist() for field in PLAIN_FIELDS)
    counts = (count if count >= 0 else None for count in candles.trades.tolist())
    return [CandleValues(*row) for row in zip(*columns, counts, strict=True)]


def _check_each(samples: Samples, answer: list[Any]) -> None:
    """TS.MADD succeeds as a whole even if it refuses samples: each must return its time."""
    if answer != (samples.time * 1_000).tolist():
        refused = [part for part in answer if isinstance(part, Exception)]
        cause = refused[0] if refused else None
        raise TickcastError("Redis refused a part of the candles.") from cause
