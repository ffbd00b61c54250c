"""Markets' records, remembered for a minute."""

from collections.abc import Callable

from core.clock.times import now_ms
from core.markets import MarketRecord
from core.process.recent import Recent
from core.series import Market
from storage.markets.markets import MarketStore

# A market is asked for again after as many others as fit in here.
_MARKETS = 512


class MarketRecords:
    """Records by market; what an operator sets is seen within a minute."""

    def __init__(self, markets: MarketStore, clock: Callable[[], int] = now_ms) -> None:
        self._markets = markets
        self._clock = clock
        self._known: Recent[tuple[Market, int], MarketRecord] = Recent(_MARKETS)

    def of(self, market: Market) -> MarketRecord:
        """Return the record of a market; may raise what `MarketStore.get` does."""
        minute = self._clock() // 60_000
        return self._known.get((market, minute), lambda: self._markets.get(market))
