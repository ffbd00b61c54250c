"""The same trader on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from core.clock.times import now_ms
from core.series import Market
from core.settings import Settings
from core.trading.decisions import TradingConfig
from core.trading.orders import PlaceOrder
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from storage.trades.tickers import Ticker, TickerStore
from storage.trading.commands import NewCommand
from tests.traders import begun_trader


def test_orders_and_halts_are_carried_out_and_chained(
    postgresql_stores: Stores, redis_settings: Settings
) -> None:
    stores, gold = postgresql_stores, Market("broker", "XAUUSD")
    wide = redis_settings.model_copy(update={"risk_notional": 0.5, "order_latency_ms": 0})
    stores.markets.tell(gold, {"tick_size": 0.01}, {"spread_bps": 2.0}, "set")
    trader, token = begun_trader(stores, wide)
    tickers = TickerStore(stores.redis)
    order = PlaceOrder(
        platform=gold.platform, symbol=gold.symbol, side="buy", volume=Decimal("0.01"),
        stop_loss=Decimal(2_300),
    )  # fmt: skip
    for _ in range(2):
        stores.commands.submit([NewCommand(0, order, "one")])
    tickers.write(gold.platform, [Ticker(gold.symbol, now_ms(), bid=2_350.0, ask=2_350.5)])
    assert trader.carry_out(token) == 1
    tickers.write(gold.platform, [Ticker(gold.symbol, now_ms() + 5, bid=2_350.0, ask=2_350.5)])
    while not trader.hear_prices(token):
        pass
    stores.switches.change(0, "HALTED", "a test", "test")
    trader.carry_out(token)
    assert stores.switches.of(0)[0].echoed == 1
    account = stores.trading.get(0)
    assert account is not None
    assert (account.state, len(account.positions)) == ("HALTED", 1)
    assert verify_ledger(stores.engine, stores.heads, "orders").ok


def test_who_states_a_first_configuration_at_the_same_time_as_another_comes_after_it(
    postgresql_stores: Stores,
) -> None:
    def change(_: int) -> int:
        return postgresql_stores.decisions.change(0, TradingConfig(), "test").version

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(change, range(8)))
    assert postgresql_stores.decisions.config(0).version == 8
