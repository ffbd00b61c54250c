"""Which markets there are: of which anything is held, watched, told or offered."""

import time
from collections.abc import Callable
from typing import NamedTuple

from core.series import Market, Series
from storage.candles.candle_store import CandleStore
from storage.candles.watches import WatchStore
from storage.ledger.signal_slots import SignalSlotStore
from storage.live.traded_markets import TradedMarkets
from storage.markets.markets import MarketStore

# New markets come seldom, and whoever does not find one asks anew.
_BELIEF_SECONDS = 1.0


class Known(NamedTuple):
    """Series that candles are held of, markets that trade, and all of which anything is known."""

    series: tuple[Series, ...]
    traded: frozenset[Market]
    markets: frozenset[Market]


class KnownMarkets:
    """Every method may raise `RedisUnavailable` or `DatabaseUnavailable`."""

    def __init__(
        self,
        candles: CandleStore,
        traded: TradedMarkets,
        watches: WatchStore,
        markets: MarketStore,
        slots: SignalSlotStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._candles = candles
        self._traded = traded
        self._watches = watches
        self._markets = markets
        self._slots = slots
        self._clock = clock
        self._believed: tuple[float, Known] = (float("-inf"), Known((), frozenset(), frozenset()))

    def all(self, *, fresh: bool = False) -> Known:
        """Return what is known now, or was within the last second unless it must be `fresh`."""
        at, known = self._believed
        if fresh or self._clock() - at > _BELIEF_SECONDS:
            # What did not change stays the same object: names are made of it.
            read = self._read()
            known = known if read == known else read
            self._believed = self._clock(), known
        return known

    def _read(self) -> Known:
        series = tuple(self._candles.all_series())
        of_series = [*series, *(watch.series for watch in self._watches.list())]
        named = [Market(one.platform, one.symbol) for one in of_series]
        offered = [Market(one.target.platform, one.target.symbol) for one in self._slots.all()]
        told, traded = self._markets.list(), frozenset(self._traded.all())
        return Known(series, traded, traded.union(named, offered, told))
