"""How many digits the prices of a market have."""

from core.series import Market
from storage.markets.market_records import MarketRecords
from storage.markets.markets import MarketStore


class MarketDigits:
    """The digits of markets; what an operator sets is seen within a minute."""

    def __init__(self, markets: MarketStore) -> None:
        self._records = MarketRecords(markets)

    def of(self, market: Market) -> int | None:
        """Return the digits of a market, None if nobody told them."""
        return self._records.of(market).digits
