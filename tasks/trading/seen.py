"""What is known of markets as a pass begins: read before its transaction, never within it.

Redis can take seconds to be away, and whoever holds the write lock meanwhile would hold up the
kill switch.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.clock.times import now_ms
from core.errors import TickcastError
from core.series import Market
from core.trading.accounts import Price, Rate
from core.trading.instruments import Instrument, instrument_of
from storage.markets.markets import MarketStore
from tasks.trading.market_data import MarketData
from tasks.trading.rates import RateBook

_BELIEF_MS = 5_000


class Seen(NamedTuple):
    """Instruments by market, prices by `platform:symbol`, rates by currency; the unknown lack."""

    instruments: dict[Market, Instrument]
    prices: dict[str, Price]
    rates: dict[str, Rate]


class Markets:
    """Looks at markets; what cannot be read is left out, and then refuses orders."""

    def __init__(
        self,
        markets: MarketStore,
        data: MarketData,
        rates: RateBook,
        currency: str,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.data = data
        self._markets = markets
        self._rates = rates
        self._currency = currency
        self._clock = clock
        self._held: dict[Market, tuple[int, Instrument | None]] = {}

    def look(self, held: Iterable[Instrument], asked: Iterable[Market] = ()) -> Seen:
        """Return what is known of the instruments that are held, and of markets asked for."""
        instruments = {one.market: one for one in held}
        priced = dict(instruments)
        for market in asked:
            if (known := self.instrument(market)) is not None:
                instruments[market] = known
                priced.setdefault(market, known)
        prices = {str(market): self._price(one) for market, one in priced.items()}
        quotes = {one.quote for one in priced.values()}
        rates = {quote: self.rate(quote) for quote in sorted(quotes)}
        return Seen(
            instruments,
            {name: price for name, price in prices.items() if price is not None},
            {quote: rate for quote, rate in rates.items() if rate is not None},
        )

    def instrument(self, market: Market) -> Instrument | None:
        """Return the instrument of a market, None where its units are not known."""
        until, known = self._held.get(market, (0, None))
        now = self._clock()
        if now >= until:
            try:
                known = instrument_of(self._markets.get(market))
            except TickcastError:
                known = None
            self._held[market] = now + _BELIEF_MS, known
        return known

    def rate(self, quote: str) -> Rate | None:
        """Return what one of a currency is worth in the accounts'."""
        return self._rates.of(quote, self._currency)

    def _price(self, instrument: Instrument) -> Price | None:
        try:
            return self.data.price(instrument)
        except TickcastError:
            return None
