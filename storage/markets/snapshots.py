"""The newest price of a market, wherever it came from: quotes, trades or candles."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import redis

from core.clock.grids import PLAIN, parse_grid
from core.clock.openings import end_of
from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.markets import MarketRecord
from core.process.recent import Recent
from core.series import CandleFlag, Market, Series
from storage import keys
from storage.candles.freshness import FreshnessStore
from storage.markets.market_records import MarketRecords
from storage.markets.markets import MarketStore
from storage.redis_connection import redis_errors

# From so long without a price on (ms), one is old: a quote beside newer prices, or any of an
# open market.
STALE_MS = 60_000
# Of a market of which no candles are held, closures go by such.
_USUAL_LENGTH = 300
_MARKETS = 2_000
_QUOTES = ("price", "bid", "ask")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Prices at `at` (epoch ms); `live` says that bid and ask were quoted, else modelled.

    `before` is the last price before the day began (00:00 UTC), None where none is held or
    more than an hour of an open market lacks between the two.
    """

    bid: float
    ask: float
    price: float
    at: int
    live: bool
    before: float | None
    age_ms: int
    stale: bool
    closed: bool


class _Price(NamedTuple):
    at: int
    value: float


class SnapshotReader:
    """May raise `RedisUnavailable` or `DatabaseUnavailable`."""

    def __init__(
        self,
        client: "redis.Redis",
        freshness: FreshnessStore,
        markets: MarketStore,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._client: Any = client
        self._freshness = freshness
        self._records = MarketRecords(markets)
        self._clock = clock
        self._open: Recent[tuple[Market, int], bool] = Recent(_MARKETS)

    def read(self, market: Market, resolutions: Sequence[int]) -> Snapshot | None:
        """Return the newest prices of a market, of which such candles (s) are held.

        None where no price at all is held.
        """
        now = self._clock()
        midnight = now // (DAY * 1_000) * DAY * 1_000
        series = [Series(*market, resolution) for resolution in sorted(resolutions)]
        with redis_errors():
            replies = self._ask(market, series, midnight)
        told = dict(zip(_QUOTES, map(_sample, replies[:3]), strict=True))
        prices = [told["price"], *map(_sample, replies[3:4]), *_closes(series, replies[6:])]
        earlier = [*map(_sample, replies[4:6]), *_earlier(series, replies[6:])]
        newest = max(filter(None, prices), default=None)
        before = self._in_force(max(filter(None, earlier), default=None), market, series, midnight)
        if newest is None and not (told["bid"] and told["ask"]):
            return None
        found = _quote(told["bid"], told["ask"], newest, self._records.of(market))
        if found is None:
            return None
        bid, ask, price, at, live = found
        age = max(0, now - at)
        closed = age > STALE_MS and not self._is_open(market, series, now)
        return Snapshot(
            bid=bid,
            ask=ask,
            price=price,
            at=at,
            live=live,
            before=before.value if before else None,
            age_ms=age,
            stale=age > STALE_MS and not closed,
            closed=closed,
        )

    def quoted(self, markets: Sequence[Market]) -> list[bool]:
        """Say of each market whether quotes of it were ever stored."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for market in markets:
                pipe.exists(keys.ticker(*market, "bid"))
            return [bool(found) for found in pipe.execute()] if markets else []

    def _ask(self, market: Market, series: Sequence[Series], midnight: int) -> list[Any]:
        """Return the newest samples, the last before the day began, and the grids of candles."""
        pipe = self._client.pipeline(transaction=False)
        for part in _QUOTES:
            pipe.execute_command("TS.GET", keys.ticker(*market, part))
        pipe.execute_command("TS.GET", keys.tick(*market, "price"))
        for name in (keys.ticker(*market, "price"), keys.tick(*market, "price")):
            pipe.execute_command("TS.REVRANGE", name, "-", midnight - 1, "COUNT", 1)
        for one in series:
            name = keys.candle(one, "close")
            pipe.execute_command("TS.GET", name)
            pipe.execute_command("TS.GET", keys.flags(one))
            last = midnight - one.resolution * 1_000
            pipe.execute_command("TS.REVRANGE", name, "-", last, "COUNT", 1)
            pipe.hget(keys.series_facts(one), "grid")
        found: list[Any] = pipe.execute(raise_on_error=False)
        return found

    def _in_force(
        self, before: _Price | None, market: Market, series: Sequence[Series], midnight: int
    ) -> _Price | None:
        """Return a price if it still held when the day began: a change is none across a hole."""
        if before is None:
            return None
        of = _shortest(market, series)
        opened = before.at // 1_000 - of.resolution
        return None if self._freshness.is_hole(of, opened, midnight // 1_000) else before

    def _is_open(self, market: Market, series: Sequence[Series], now: int) -> bool:
        of = _shortest(market, series)
        second = now // 1_000
        return self._open.get((market, second // 60), lambda: self._freshness.is_open(of, second))


def _shortest(market: Market, series: Sequence[Series]) -> Series:
    return series[0] if series else Series(*market, _USUAL_LENGTH)


def _quote(
    bid: _Price | None, ask: _Price | None, newest: _Price | None, record: MarketRecord
) -> tuple[float, float, float, int, bool] | None:
    """Return bid, ask, price, their time and whether they were quoted; None without any."""
    if bid and ask and bid.value <= ask.value:
        at = min(bid.at, ask.at)
        if newest is None or at >= newest.at - STALE_MS:
            price = _round((bid.value + ask.value) / 2, record)
            if record.bids and (newest is None or at > newest.at):
                price = bid.value
            elif newest and at - newest.at <= STALE_MS:
                price = newest.value
            return bid.value, ask.value, price, max(at, newest.at if newest else 0), True
    if newest is None:
        return None
    price, spread = newest.value, newest.value * record.costs.spread_bps / 10_000
    low = price if record.bids else price - spread / 2
    return _round(low, record), _round(low + spread, record), price, newest.at, False


def _round(price: float, record: MarketRecord) -> float:
    return float(f"{price:.10g}") if record.digits is None else round(price, record.digits)


def _closes(series: Sequence[Series], replies: Sequence[Any]) -> list[_Price | None]:
    """Return the newest close of each series, at its candle's end; an unfinished one's, at its
    beginning: when it was told nobody knows.
    """
    found = []
    answers = zip(series, replies[::4], replies[1::4], replies[3::4], strict=True)
    for one, close, flags, grid in answers:
        price, mark = _sample(close), _sample(flags)
        partial = price and mark and mark.at == price.at and int(mark.value) & CandleFlag.PARTIAL
        found.append(price if price is None or partial else _closed(one, price, grid))
    return found


def _earlier(series: Sequence[Series], replies: Sequence[Any]) -> list[_Price | None]:
    found = [_sample(reply) for reply in replies[2::4]]
    return [
        price and _closed(one, price, grid)
        for one, price, grid in zip(series, found, replies[3::4], strict=True)
    ]


def _closed(series: Series, price: _Price, grid: bytes | None) -> _Price:
    """Return a price at the end of the candle that opened at its time."""
    opens = parse_grid(grid.decode()) if grid else PLAIN
    return _Price(1_000 * end_of(price.at // 1_000, series.resolution, opens), price.value)


def _sample(reply: Any) -> _Price | None:
    """Return a sample; a series that is not there answers with an error, an empty one with []."""
    if not isinstance(reply, list) or not reply:
        return None
    at, value = reply[0] if isinstance(reply[0], list) else reply
    return _Price(int(at), float(value))
