"""Accounts at the newest prices, for answers."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from api.markets.symbol_resolver import SymbolResolver
from api.trading.venues.prices import venue_prices
from core.clock.times import now_ms
from core.errors import InvalidRequest, NotFound
from core.settings import Settings
from core.trading.accounts import DEPOSIT, Account, Position, Price, Rate, TradingState
from core.trading.events import Opening
from core.trading.instruments import Instrument
from core.trading.shadows import answers_to
from storage.markets.snapshots import SnapshotReader
from storage.stores import Stores
from storage.trading.switches import stricter
from trading.portfolio import Figures, figures
from trading.prices import FRESH_MS, quote_tick
from trading.rates import find_rate
from trading.step import open_account


class Valued(NamedTuple):
    """An account, its figures, and what it may do; `at` in epoch ms."""

    account: Account
    figures: Figures
    prices: dict[str, Price]
    state: TradingState
    reason: str
    at: int

    @property
    def deposited(self) -> int:
        """Return what was paid in, in units of 1e-8."""
        return -self.account.books[DEPOSIT]

    def fresh_ms(self, position: Position) -> int:
        """Return how old a price of a position's market may be."""
        price = self.prices.get(str(position.instrument.market))
        return price.fresh_ms if price else 0


class PaperAccounts:
    """Every method blocks, and may raise `RedisUnavailable` or `DatabaseUnavailable`."""

    def __init__(
        self,
        stores: Stores,
        symbols: SymbolResolver,
        settings: Settings,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._stores = stores
        self._symbols = symbols
        self._settings = settings
        self._snapshots = SnapshotReader(stores.redis, stores.freshness, stores.markets)
        self._clock = clock

    def get(self, account_id: int) -> Account:
        """Return an account; one that never traded is what it would begin as."""
        held = self._stores.trading.get(account_id)
        if held is not None:
            return held
        settings = self._settings
        return open_account(
            Opening(
                at=self._clock(),
                account_id=account_id,
                currency=settings.paper_currency,
                leverage=settings.paper_leverage,
                deposit=settings.paper_balance,
            )
        )[0]

    def value(self, account_id: int) -> Valued:
        """Return an account at the newest prices."""
        account = self.get(account_id)
        now = self._clock()
        if account.at_venue is not None:
            return self._at_venue(account, now)
        held = [one.instrument for one in account.positions.values()]
        prices = {str(one.market): price for one in held if (price := self.price(one))}
        rates = {one.quote: rate for one in held if (rate := self.rate(one, account, now))}
        return self._valued(account, prices, rates, now)

    def _at_venue(self, account: Account, now: int) -> Valued:
        """Return an account by the prices that its venue showed last."""
        prices, rates = venue_prices(self._stores.connections, account)
        return self._valued(account, prices, rates, now)

    def _valued(
        self, account: Account, prices: dict[str, Price], rates: dict[str, Rate], now: int
    ) -> Valued:
        mine, everybody = self._stores.switches.of(answers_to(account.account_id))
        switched = stricter(mine.state, everybody.state)
        state = stricter(account.state, switched)
        reason = (
            account.reason
            if state == account.state
            else max((mine, everybody), key=lambda one: one.state == state).reason
        )
        limits = self._settings.paper_limits
        return Valued(
            account, figures(account, prices, rates, limits, now), prices, state, reason, now
        )

    def price(self, instrument: Instrument) -> Price | None:
        """Return the newest price of a market."""
        market = instrument.market
        resolutions = self._symbols.resolutions(market)
        found = self._snapshots.read(market, resolutions)
        if found is None:
            return None
        tick = quote_tick(instrument, found.at, found.bid, found.ask)
        fresh = FRESH_MS if found.live else max(FRESH_MS, 2_000 * min(resolutions, default=0))
        return Price(tick.bid, tick.ask, tick.at, fresh)

    def rate(self, instrument: Instrument, account: Account, now: int) -> Rate | None:
        """Return what one of a market's quote currency is worth in the account's."""
        return find_rate(instrument.quote, account.currency, now, self._pair)

    def _pair(self, letters: str) -> Rate | None:
        try:
            market = self._symbols.market(letters)
        except (NotFound, InvalidRequest):
            return None
        found = self._snapshots.read(market, self._symbols.resolutions(market))
        if found is None:
            return None
        return Rate(Decimal(str(found.bid + found.ask)) / 2, found.at)
