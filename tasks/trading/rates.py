"""Rates between currencies by the prices that are held here."""

from collections.abc import Callable

from core.clock.times import now_ms
from core.errors import TickcastError
from core.trading.accounts import Rate
from core.trading.instruments import instrument_of
from storage.markets.known_markets import KnownMarkets
from storage.markets.markets import MarketStore
from tasks.trading.market_data import MarketData
from trading.money import price_of
from trading.rates import find_rate

# A rate is looked for anew after so long (ms).
_BELIEF_MS = 1_000


class RateBook:
    """Rates by currency; None where no pair is held, or its price is too old."""

    def __init__(
        self,
        known: KnownMarkets,
        markets: MarketStore,
        data: MarketData,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._known = known
        self._markets = markets
        self._data = data
        self._clock = clock
        self._held: dict[tuple[str, str], tuple[int, Rate | None]] = {}

    def of(self, currency: str, into: str) -> Rate | None:
        """Return what one of a currency is worth in another."""
        now = self._clock()
        until, held = self._held.get((currency, into), (0, None))
        if now >= until or currency == into:
            held = find_rate(currency, into, now, self._pair)
            self._held[currency, into] = now + _BELIEF_MS, held
        return held

    def _pair(self, letters: str) -> Rate | None:
        """Return the newest middle of a pair, whichever market has it."""
        found = []
        try:
            for market in self._known.all().markets:
                if "".join(filter(str.isalnum, market.symbol.upper())) != letters:
                    continue
                instrument = instrument_of(self._markets.get(market))
                price = instrument and self._data.price(instrument)
                if instrument and price:
                    middle = price_of(instrument, price.bid + price.ask) / 2
                    found.append(Rate(middle, price.at))
        except TickcastError:
            return None
        return max(found, key=lambda rate: rate.at, default=None)
