"""Reading a series in blocks, so that neither Redis nor Python's collector stalls on one reply."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from core.series import Series
from storage.candles.candle_columns import Candles, Integers
from storage.candles.candle_commands import FIELDS, PLAIN_FIELDS, key, or_empty, span
from storage.candles.candle_replies import times, to_candles

# Large replies are slow: while hundreds of thousands of small lists are alive, every
# run of the collector visits them all. Measured best between 2,000 and 10,000.
BLOCK = 5_000
_COUNTS = "trades"
# A bucket that holds any time.
_EVER = 2**53


class Wanted(NamedTuple):
    """Which candles: those that open in `start..end` (s), of these the first or last `limit`.

    Without `counts`, their counts of trades are not looked up.
    """

    start: int | None = None
    end: int | None = None
    limit: int | None = None
    newest: bool = False
    counts: bool = True

    def after(self, last: int, seen: int) -> "Wanted":
        """Return what is still wanted once `seen` candles up to `last` have been read."""
        rest = None if self.limit is None else self.limit - seen
        if self.newest:
            return self._replace(end=last - 1, limit=rest)
        return self._replace(start=last + 1, limit=rest)


def read_candles(client: Any, series: Series, wanted: Wanted) -> Candles:
    """Return the candles wanted, oldest first; each block is one consistent snapshot."""
    # Redis refuses times before 1970, where no candle opens.
    if wanted.end is not None and wanted.end < 0:
        return Candles.empty()
    blocks = list(_blocks(client, series, wanted))
    return Candles.join(blocks[::-1] if wanted.newest else blocks)


def read_times(client: Any, series: Series, start: int, end: int) -> Integers:
    """Return the openings in `start..end` (s, both included)."""
    parts = [np.empty(0, np.int64)]
    while start <= end:
        command = "TS.RANGE", key(series, "close"), *span(start, end), "COUNT", BLOCK
        part = times(or_empty(_ask(client, command)))
        parts.append(part)
        start = int(part[-1]) + 1 if len(part) == BLOCK else end + 1
    return np.concatenate(parts)


def count_candles(client: Any, series: Series, start: int | None, end: int | None) -> int:
    """Return how many candles open in `start..end`; counted inside Redis."""
    bounds = span(start, end)
    command = "TS.RANGE", key(series, "close"), *bounds, "AGGREGATION", "count", _EVER
    return sum(int(count) for _, count in or_empty(_ask(client, command)))


def first_and_last(client: Any, series: Series) -> tuple[int, int] | None:
    """Return the openings of the first and the last candle held, in seconds."""
    return ends_of_all(client, [series])[0]


def ends_of_all(client: Any, series: Sequence[Series]) -> list[tuple[int, int] | None]:
    """Return the openings of the first and the last candle of each of some series, in seconds."""
    pipeline = client.pipeline(transaction=False)
    for one in series:
        for command in ("TS.RANGE", "TS.REVRANGE"):
            pipeline.execute_command(command, key(one, "close"), "-", "+", "COUNT", 1)
    replies = [or_empty(reply) for reply in pipeline.execute(raise_on_error=False)]
    return [
        (int(first[0][0]) // 1_000, int(last[0][0]) // 1_000) if first and last else None
        for first, last in zip(replies[::2], replies[1::2], strict=True)
    ]


def _blocks(client: Any, series: Series, wanted: Wanted) -> Iterator[Candles]:
    while wanted.limit is None or wanted.limit > 0:
        count = BLOCK if wanted.limit is None else min(BLOCK, wanted.limit)
        replies = _block(client, series, wanted, count)
        yield to_candles([reply[::-1] for reply in replies] if wanted.newest else replies)
        longest = max(replies[: len(PLAIN_FIELDS)], key=len)
        if len(longest) < count:
            return
        wanted = wanted.after(longest[-1][0] // 1_000, count)


def _block(client: Any, series: Series, wanted: Wanted, count: int) -> list[Any]:
    command = "TS.REVRANGE" if wanted.newest else "TS.RANGE"
    bounds = span(wanted.start, wanted.end)
    # The transaction keeps the fields together while somebody else writes.
    pipeline = client.pipeline(transaction=True)
    fields = [field for field in FIELDS if wanted.counts or field != _COUNTS]
    for field in fields:
        pipeline.execute_command(command, key(series, field), *bounds, "COUNT", count)
    replies = dict(zip(fields, pipeline.execute(raise_on_error=False), strict=True))
    return [or_empty(replies.get(field, [])) for field in FIELDS]


def _ask(client: Any, command: tuple[Any, ...]) -> Any:
    pipeline = client.pipeline(transaction=False)
    pipeline.execute_command(*command)
    return pipeline.execute(raise_on_error=False)[0]
