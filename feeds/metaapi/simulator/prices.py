"""Prices of the simulated broker: the files' newest close, until a test sets others."""

from core.brokers.symbols import CURRENCIES, pair_of
from feeds.simulator.catalog import Product
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.metatrader.account import Price
from feeds.simulator.metatrader.markets import INSTRUMENTS, Instrument

_SPREAD_POINTS = 10


class Prices:
    """Bid and ask of each symbol at the market's time.

    Symbols are those of the files, and EURUSD, GBPUSD and XAUUSD, which stand still
    without files.
    """

    def __init__(self, products: dict[str, Product], clock: MarketClock) -> None:
        self._products = products
        self._clock = clock
        self._set: dict[str, tuple[float, float]] = {}
        self.instruments: dict[str, Instrument] = INSTRUMENTS | {
            symbol: _instrument(product) for symbol, product in products.items() if product.candles
        }

    def now_ms(self) -> int:
        """Return the broker's true time (epoch ms)."""
        return self._clock.now_ms()

    def set(self, symbol: str, bid: float, ask: float) -> None:
        """Let a symbol have these prices from now on; an unknown one becomes known."""
        self._set[symbol] = (bid, ask)
        self.instruments.setdefault(symbol, Instrument(symbol, 5, bid, _SPREAD_POINTS, 1))

    def price(self, symbol: str) -> Price:
        """Return the prices of a known symbol."""
        now, instrument = self.now_ms(), self.instruments[symbol]
        if symbol in self._set:
            return Price(now, *self._set[symbol])
        bid = self._close(symbol) or instrument.price
        ask = round(bid + instrument.spread * instrument.point, instrument.digits)
        return Price(now, bid, ask)

    def _close(self, symbol: str) -> float | None:
        product = self._products.get(symbol)
        if product is None or not product.candles:
            return None
        newest = product.newest_candles(min(product.candles), self.now_ms() // 1_000, 1)
        return newest[-1].close if newest else None


def _instrument(product: Product) -> Instrument:
    tape = product.candles[min(product.candles)]
    pair = pair_of(product.symbol) or ""
    contract = 100 if pair.startswith("XAU") else 100_000 if pair[:3] in CURRENCIES else 1
    return Instrument(product.symbol, tape.decimals, 1.0, _SPREAD_POINTS, contract)
