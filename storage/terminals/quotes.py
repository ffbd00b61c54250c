"""Quotes of a terminal and the spreads of its candles, kept in UTC."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.clock.resolutions import DAY, MINUTE
from core.clock.times import LATEST_MS
from core.clock.wall_times import latest_instants
from core.series import Market
from storage.candles.candle_checks import HIGHEST_PRICE
from storage.markets.spreads import SpreadStore
from storage.terminals.bars import Bars
from storage.trades.tickers import Ticker, TickerStore

# Of the spreads of quotes one is kept every so many ms; a millisecond later than a candle's.
_EVERY_MS = 5 * MINUTE * 1_000
# Quotes may be so old (s); what lies ahead of the server's own clock is none.
_OLDEST, _AHEAD = DAY, MINUTE


def bar_spreads(bars: Bars, point: float) -> list[tuple[int, float]]:
    """Return the spreads (epoch ms, basis points) that candles told; 0 points tell nothing."""
    told = np.isfinite(bars.times) & (bars.points > 0) & (bars.closes > 0)
    bps = 10_000 * bars.points[told] * point / bars.closes[told]
    return list(zip((bars.times[told] * 1_000).astype(int).tolist(), bps.tolist(), strict=True))


class QuoteStore:
    """Every method may raise `RedisUnavailable`."""

    def __init__(self, tickers: TickerStore, spreads: SpreadStore) -> None:
        self._tickers = tickers
        self._spreads = spreads

    def write(
        self, platform: str, quotes: Sequence[Any], names: Mapping[str, str], zone: str, now: int
    ) -> tuple[list[Market], int]:
        """Keep quotes `[symbol, time_ms, bid, ask]` by the server's clock; `now` is in s UTC.

        `names` says which symbol each of the broker's means. Returns the markets, and how many
        of the quotes are none.
        """
        read = [ticker for one in quotes if (ticker := _ticker(one, names, zone, now))]
        if read:
            self._tickers.write(platform, read)
        spreads: dict[Market, dict[int, float]] = {}
        for ticker in read:
            at = ticker.time // _EVERY_MS * _EVERY_MS + 1
            bid, ask = ticker.bid or 0.0, ticker.ask or 0.0
            market = Market(platform, ticker.symbol)
            spreads.setdefault(market, {})[at] = 20_000 * (ask - bid) / (ask + bid)
        for market, told in spreads.items():
            self._spreads.write(market, list(told.items()), now)
        return list(spreads), len(quotes) - len(read)


def _ticker(quote: Any, names: Mapping[str, str], zone: str, now: int) -> Ticker | None:
    if not isinstance(quote, list) or len(quote) != 4 or not isinstance(quote[0], str):
        return None
    name = quote[0]
    try:
        at, bid, ask = map(float, quote[1:])
    except (TypeError, ValueError, OverflowError):
        return None
    if name not in names:
        return None
    if not 0 < at < LATEST_MS or not 0 < bid <= ask < HIGHEST_PRICE:
        return None
    second, rest = divmod(round(at), 1_000)
    instants, shown = latest_instants(np.array([second], np.int64), zone, now + _AHEAD)
    instant = int(instants[0])
    if not shown[0] or not now - _OLDEST <= instant <= now + _AHEAD:
        return None
    return Ticker(names[name], instant * 1_000 + rest, bid=bid, ask=ask)
