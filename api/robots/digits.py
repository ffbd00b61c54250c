"""How many digits the prices of a market have."""

from core.clock.times import now_ms
from core.process.recent import Recent
from core.series import Market
from storage.markets.markets import MarketStore

# A market is asked for again after as many others as fit in here.
_MARKETS = 512


class MarketDigits:
    """The digits of markets; what an operator sets is seen within a minute."""

    def __init__(self, markets: MarketStore) -> None:
        self._markets = markets
        self._known: Recent[tuple[Market, int], int | None] = Recent(_MARKETS)

    def of(self, market: Market) -> int | None:
        """Return the digits of a market, None if nobody told them."""
        minute = now_ms() // 60_000
        return self._known.get((market, minute), lambda: self._markets.get(market).digits)
