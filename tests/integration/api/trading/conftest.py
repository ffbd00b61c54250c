"""An application with a trader at work beside it, and a market whose quotes a test writes."""

from collections.abc import Iterator

import pytest

from core.clock.times import now_ms
from core.series import Market
from core.settings import Settings
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from tests.traders import trader_at_work

GOLD = Market("broker", "XAUUSD")


class Quotes:
    """Writes quotes of gold as a feed would."""

    def __init__(self, stores: Stores) -> None:
        self._tickers = TickerStore(stores.redis)

    def tell(self, bid: float, ask: float, at: int | None = None) -> None:
        """Quote gold at an instant (epoch ms), or now."""
        self._tickers.write(GOLD.platform, [Ticker(GOLD.symbol, at or now_ms(), bid=bid, ask=ask)])


@pytest.fixture
def settings(redis_settings: Settings) -> Settings:
    """Settings by which one small order of gold is well within all limits."""
    wide = {"risk_notional": 0.5, "risk_daily_trades": 1_000, "risk_minute_orders": 1_000}
    return redis_settings.model_copy(update={**wide, "order_latency_ms": 0})


@pytest.fixture
def quotes(stores: Stores) -> Quotes:
    """The feed of a market that the server knows."""
    stores.markets.tell(GOLD, {"tick_size": 0.01}, {"spread_bps": 2.0}, "set")
    return Quotes(stores)


@pytest.fixture
def trader(stores: Stores, settings: Settings) -> Iterator[None]:
    """A trader that works until the test is over."""
    with trader_at_work(stores, settings):
        yield
