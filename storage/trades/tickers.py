"""Quotes: the last price, best bid, best ask and day's volume over time."""

from collections.abc import Sequence
from typing import Any

import msgspec
import redis

from storage import keys
from storage.candles.candle_commands import CHUNK_OPTIONS
from storage.redis_connection import redis_errors
from storage.trades.live import LiveKind, message

PARTS = ("price", "bid", "ask", "volume_24h")


class Ticker(msgspec.Struct, frozen=True):
    """One quote: time in epoch ms UTC, prices in quote currency; None where not told."""

    symbol: str
    time: int
    price: float | None = None
    bid: float | None = None
    ask: float | None = None
    volume_24h: float | None = None


class TickerStore:
    """Quotes by symbol, one sample a millisecond; older than `tick_days` are dropped (0: never)."""

    def __init__(self, client: "redis.Redis", tick_days: int = 30) -> None:
        self._client: Any = client
        self._retention_ms = tick_days * 86_400_000
        self._known: set[tuple[str, str]] = set()

    def write(self, platform: str, tickers: Sequence[Ticker]) -> None:
        """Store quotes; the same ones again change nothing."""
        samples: list[Any] = []
        for ticker in tickers:
            for part in PARTS:
                value = getattr(ticker, part)
                if value is not None:
                    samples += (keys.ticker(platform, ticker.symbol, part), ticker.time, value)
        with redis_errors():
            for symbol in {ticker.symbol for ticker in tickers}:
                self._ensure(platform, symbol)
            if samples:
                self._add(samples)
                self._tell(platform, tickers)

    def read(
        self, platform: str, symbol: str, start_ms: int, end_ms: int, limit: int
    ) -> dict[str, list[tuple[int, float]]]:
        """Return for each part at most `limit` (time ms, value) of the range, oldest first."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for part in PARTS:
                name = keys.ticker(platform, symbol, part)
                pipe.execute_command("TS.RANGE", name, start_ms, end_ms, "COUNT", limit)
            replies = pipe.execute(raise_on_error=False)
        return {
            part: [] if isinstance(reply, redis.ResponseError) else _samples(reply)
            for part, reply in zip(PARTS, replies, strict=True)
        }

    def _add(self, samples: list[Any]) -> None:
        reply = self._client.execute_command("TS.MADD", *samples)
        missing = [n for n, part in enumerate(reply) if isinstance(part, Exception)]
        if missing:
            # A key was removed behind our back: make all anew and write once more.
            self._known.clear()
            for at in missing:
                _, platform, symbol, *_ = samples[3 * at].split(":")
                self._ensure(platform, symbol)
            self._client.execute_command("TS.MADD", *samples)

    def _tell(self, platform: str, tickers: Sequence[Ticker]) -> None:
        pipe = self._client.pipeline(transaction=False)
        for ticker in tickers:
            name = keys.live(platform, ticker.symbol)
            pipe.publish(name, message(LiveKind.TICKER, ticker))
        pipe.execute()

    def _ensure(self, platform: str, symbol: str) -> None:
        if (platform, symbol) in self._known:
            return
        pipe = self._client.pipeline(transaction=False)
        for part in PARTS:
            pipe.execute_command(
                "TS.CREATE",
                keys.ticker(platform, symbol, part),
                *("RETENTION", self._retention_ms, *CHUNK_OPTIONS, "DUPLICATE_POLICY", "LAST"),
                *("LABELS", "platform", platform, "symbol", symbol, "field", f"ticker_{part}"),
            )
        for reply in pipe.execute(raise_on_error=False):
            if isinstance(reply, Exception) and "already exists" not in str(reply):
                raise reply
        self._known.add((platform, symbol))


def _samples(reply: Any) -> list[tuple[int, float]]:
    return [(at, float(value)) for at, value in reply]
