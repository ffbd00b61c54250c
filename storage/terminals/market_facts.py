"""What candles of a terminal tell of their market besides: its digits, and what trading costs."""

from core.brokers.messages import PushedSeries
from core.markets import VENUE
from core.series import Market
from storage.markets.markets import MarketStore
from storage.markets.spreads import SpreadStore
from storage.terminals.bars import Bars
from storage.terminals.quotes import bar_spreads


class MarketFacts:
    """Every method may raise `RedisUnavailable` or `DatabaseUnavailable`."""

    def __init__(self, markets: MarketStore, spreads: SpreadStore) -> None:
        self._markets = markets
        self._spreads = spreads
        self._told: set[Market] = set()
        self._measured: set[Market] = set()

    def note(self, market: Market, pushed: PushedSeries, bars: Bars, now: int) -> None:
        """Keep the digits of a market that has none, and the spreads of its candles."""
        if pushed.digits is not None and market not in self._told:
            if self._markets.get(market).digits is None:
                tick = pushed.point or 10.0**-pushed.digits
                facts = {"digits": pushed.digits, "tick_size": tick}
                self._markets.tell(market, facts, {}, VENUE)
            self._told.add(market)
        point = pushed.point or (None if pushed.digits is None else 10.0**-pushed.digits)
        if point:
            self._spreads.write(market, bar_spreads(bars, point), now)
            self.measure_once(market)

    def measure_once(self, market: Market) -> None:
        """Measure a market whose spread is not known yet; the schedule does it again later."""
        if market not in self._measured and self._markets.measure(market) is not None:
            self._measured.add(market)
