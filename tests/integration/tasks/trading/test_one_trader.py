"""One trader writes at a time, and one that begins goes on where the one before it ended."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from core.clock.times import now_ms
from core.errors import LeaseLost
from core.series import Market
from core.settings import Settings
from core.trading.orders import PlaceOrder
from operate.trader.process import make_trader
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from storage.trading.commands import NewCommand
from tests.traders import begun_trader

GOLD = Market("broker", "XAUUSD")
BUY = PlaceOrder(
    platform=GOLD.platform, symbol=GOLD.symbol, side="buy", volume=Decimal("0.01"),
    stop_loss=Decimal(2_340),
)  # fmt: skip


@pytest.fixture
def settings(redis_settings: Settings) -> Settings:
    """Settings by which a small order of gold is within all limits."""
    return redis_settings.model_copy(update={"risk_notional": 0.5, "order_latency_ms": 0})


@pytest.fixture
def quote(stores: Stores) -> Callable[[int, float], None]:
    """Quotes gold at an instant (epoch ms)."""
    stores.markets.tell(GOLD, {"tick_size": 0.01}, {"spread_bps": 2.0}, "set")
    tickers = TickerStore(stores.redis)

    def tell(at: int, bid: float) -> None:
        tickers.write(GOLD.platform, [Ticker(GOLD.symbol, at, bid=bid, ask=bid + 0.5)])

    return tell


def test_a_stop_that_was_touched_while_nobody_traded_fills_at_the_price_of_that_moment(
    stores: Stores, settings: Settings, quote: Callable[[int, float], None]
) -> None:
    trader, token = begun_trader(stores, settings)
    stores.commands.submit([NewCommand(0, BUY, "one")])
    quote(now_ms(), 2_350.0)
    trader.carry_out(token)
    quote(now_ms() + 1, 2_350.0)
    while not trader.hear_prices(token):
        pass
    touched = now_ms() + 2
    quote(touched, 2_338.0)
    quote(touched + 1, 2_350.0)
    while now_ms() <= touched + 1:
        pass
    following = make_trader(stores, stores.redis, settings)
    following.begin()
    assert following.hear_prices(token) > 0
    (ended,) = stores.trading.trades(0, 0, now_ms() + 60_000, 10)
    assert (ended.closed_at, ended.body["close_price"]) == (touched, 2_337.99)
    assert ended.body["exit"] == "stop_loss"


def test_of_two_traders_one_writes_and_who_was_replaced_writes_no_more(
    stores: Stores, settings: Settings, quote: Callable[[int, float], None]
) -> None:
    first, token = begun_trader(stores, settings)
    assert stores.lease.take("another", now_ms()) is None
    replacing = stores.lease.take("another", now_ms() + 6_000)
    assert replacing is not None
    stores.commands.submit([NewCommand(0, BUY, "one")])
    quote(now_ms(), 2_350.0)
    with pytest.raises(LeaseLost):
        first.carry_out(token)
    assert stores.trading.orders(0, 10) == []
    second = make_trader(stores, stores.redis, settings)
    second.begin()
    assert second.carry_out(replacing) == 1
    with pytest.raises(LeaseLost):
        stores.lease.renew(token, now_ms())


def test_what_an_account_can_no_longer_carry_is_closed_and_recorded_as_such(
    stores: Stores, settings: Settings, quote: Callable[[int, float], None]
) -> None:
    wide = dict.fromkeys(("risk_notional", "risk_gross", "risk_symbol"), 1_000)
    changes = {**wide, "paper_balance": 100, "paper_leverage": 100, "risk_per_trade": 0.05}
    trader, token = begun_trader(stores, settings.model_copy(update=changes))
    large = PlaceOrder(
        platform=GOLD.platform, symbol=GOLD.symbol, side="buy", volume=Decimal("0.03"),
        stop_loss=Decimal("2349.00"),
    )  # fmt: skip
    stores.commands.submit([NewCommand(0, large, "one")])
    quote(now_ms(), 2_350.0)
    trader.carry_out(token)
    quote(now_ms() + 1, 2_350.0)
    while not trader.hear_prices(token):
        pass
    trader.watch_margin(token)
    assert stores.trading.trades(0, 0, now_ms() + 60_000, 10) == []
    # Nobody has heard this price, which is past the stop, when the account is looked at.
    quote(now_ms() + 2, 2_328.0)
    trader.watch_margin(token)
    (ended,) = stores.trading.trades(0, 0, now_ms() + 60_000, 10)
    assert ended.body["exit"] == "stop_out"
