"""Make the time series of a traded symbol before the first sample: TS.MADD makes none."""

from typing import Any

import redis

from core.series import Series
from storage import keys
from storage.candles.candle_commands import CHUNK_OPTIONS, FIELDS, create, is_there, or_empty
from storage.trades.aggregates import Aggregate
from storage.trades.building import candle_series


class SeriesKeys:
    """Remember which symbols' series exist, and make those that do not."""

    def __init__(self, client: "redis.Redis", tick_ms: int) -> None:
        self._client: Any = client
        self._tick_ms = tick_ms
        self._known: set[tuple[str, str]] = set()

    def ensure(self, platform: str, symbol: str) -> None:
        """Make the symbol's tick and candle series unless they exist."""
        if (platform, symbol) in self._known:
            return
        pipe = self._client.pipeline(transaction=False)
        labels = ["platform", platform, "symbol", symbol]
        for part in keys.TICK_PARTS:
            name = keys.tick(platform, symbol, part)
            _create(pipe, name, self._tick_ms, [*labels, "field", part])
        for series in candle_series(platform, symbol):
            for field in FIELDS:
                pipe.execute_command(*create(series, field, 0))
            pipe.sadd(keys.SERIES_INDEX, str(series))
        for reply in pipe.execute(raise_on_error=False):
            if not is_there(reply):
                or_empty(reply)
        self._known.add((platform, symbol))

    def forget(self, platform: str, symbol: str) -> None:
        """Look again at the next `ensure`: a key was found missing."""
        self._known.discard((platform, symbol))


def candle_samples(series: Series, opening: int, part: Aggregate) -> list[Any]:
    """Return the TS.MADD arguments of one candle."""
    values = (part.open, part.high, part.low, part.close, part.volume, part.trades)
    samples: list[Any] = []
    for name, value in zip(keys.CANDLE_FIELDS, values, strict=True):
        samples += (keys.candle(series, name), opening * 1_000, value)
    return samples


def failed_elements(reply: Any) -> list[int]:
    """Return the positions of a TS.MADD reply's elements that are errors."""
    return [position for position, part in enumerate(reply) if isinstance(part, Exception)]


def _create(pipe: Any, name: str, retention_ms: int, labels: list[Any]) -> None:
    pipe.execute_command(
        "TS.CREATE",
        name,
        *("RETENTION", retention_ms, *CHUNK_OPTIONS, "DUPLICATE_POLICY", "LAST"),
        *("LABELS", *labels),
    )
