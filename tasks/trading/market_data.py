"""Prices of markets as orders see them, out of quotes, trades or candles that are held."""

from typing import Any

import redis

from core.series import CandleFlag, Series
from core.trading.accounts import Price, Tick
from core.trading.instruments import Instrument
from storage import keys
from storage.candles.candle_store import CandleStore
from storage.redis_connection import redis_errors
from trading.prices import FRESH_MS, candle_price, candle_ticks, merged, quote_tick, trade_tick

# So many prices of a market are read at once.
MOST = 5_000
# Lengths of candles (s) that orders may be filled by, the finest first.
_LENGTHS = (60, 300, 900, 1_800, 3_600, 14_400, 86_400)


class MarketData:
    """May raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis", candles: CandleStore) -> None:
        self._client: Any = client
        self._candles = candles

    def price(self, instrument: Instrument) -> Price | None:
        """Return the newest price of a market, and for how long one counts as fresh."""
        market = instrument.market
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for name in (*_quotes(*market), keys.tick(*market, "price")):
                pipe.execute_command("TS.GET", name)
            bid, ask, trade = map(_sample, pipe.execute(raise_on_error=False))
        if bid and ask and (trade is None or min(bid[0], ask[0]) > trade[0] - FRESH_MS):
            tick = quote_tick(instrument, min(bid[0], ask[0]), bid[1], ask[1])
            return Price(tick.bid, tick.ask, tick.at, FRESH_MS)
        if trade:
            tick = trade_tick(instrument, *trade)
            return Price(tick.bid, tick.ask, tick.at, FRESH_MS)
        return self._last_close(instrument)

    def since(self, instrument: Instrument, after: int, until: int) -> list[Tick]:
        """Return the prices in `(after, until]` (ms), oldest first, at most some thousands."""
        market = instrument.market
        names = (*_quotes(*market), keys.tick(*market, "price"))
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                # Quotes before decide whether a trade counts.
                first = max(0, after - FRESH_MS)
                pipe.execute_command("TS.RANGE", name, first, until, "COUNT", MOST)
            for name in names:
                pipe.execute_command("TS.GET", name)
            replies = pipe.execute(raise_on_error=False)
        parts = [_samples(reply) for reply in replies[:3]]
        # Of a part that holds more, nothing is known behind its last.
        known = min((part[-1][0] for part in parts if len(part) == MOST), default=until)
        bids, asks, trades = ([one for one in part if one[0] <= known] for part in parts)
        if not any(map(_sample, replies[3:])):
            return self._candle_ticks(instrument, after, until)
        return [one for one in merged(instrument, bids, asks, trades) if one.at > after]

    def _last_close(self, instrument: Instrument) -> Price | None:
        series = self._finest(instrument)
        if series is None:
            return None
        held = self._candles.read(series, limit=1, newest=True)
        if not len(held):
            return None
        at = (int(held.time[-1]) + series.resolution) * 1_000
        tick = candle_price(instrument, at, float(held.close[-1]))
        return Price(tick.bid, tick.ask, at, max(FRESH_MS, 2_000 * series.resolution))

    def _finest(self, instrument: Instrument) -> Series | None:
        every = [Series(*instrument.market, length) for length in _LENGTHS]
        ends = self._candles.ends(every)
        return next((one for one, end in zip(every, ends, strict=True) if end), None)

    def _candle_ticks(self, instrument: Instrument, after: int, until: int) -> list[Tick]:
        series = self._finest(instrument)
        if series is None:
            return []
        first = after // 1_000 + 1
        held = self._candles.read(series, first, until // 1_000, limit=MOST // 2)
        found: list[Tick] = []
        for n in range(len(held)):
            if int(held.flags[n]) & CandleFlag.PARTIAL:
                break
            found += candle_ticks(
                instrument,
                int(held.time[n]) * 1_000,
                float(held.open[n]),
                float(held.high[n]),
                float(held.low[n]),
            )
        return found


def _quotes(platform: str, symbol: str) -> tuple[str, str]:
    return keys.ticker(platform, symbol, "bid"), keys.ticker(platform, symbol, "ask")


def _sample(reply: Any) -> tuple[int, float] | None:
    if not isinstance(reply, list) or len(reply) != 2:
        return None
    return int(reply[0]), float(reply[1])


def _samples(reply: Any) -> list[tuple[int, float]]:
    if not isinstance(reply, list):
        return []
    return [(int(at), float(value)) for at, value in reply]
