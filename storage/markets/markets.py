"""Markets in SQL, joined with defaults and with spreads measured from what was pushed."""

import builtins
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.markets import COSTS, MarketRecord, costs_of, has_bid_candles
from core.series import Market
from storage.database import reading, writing
from storage.markets.market_tables import markets
from storage.markets.spreads import SpreadStore
from storage.trades.tickers import TickerStore

FACTS = (
    "tick_size",
    "digits",
    "contract_size",
    "volume_min",
    "volume_step",
    "volume_max",
    "zone",
    "sessions",
)
# A spread is the median of the quotes of so long (ms), if there are so many at least.
MEASURED_MS, LEAST_QUOTES, MOST_QUOTES = 600_000, 30, 5_000


class MarketStore:
    """Every method may raise `DatabaseUnavailable` or `CandleStoreUnavailable`."""

    def __init__(
        self,
        engine: Engine,
        tickers: TickerStore,
        spreads: SpreadStore,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._tickers = tickers
        self._spreads = spreads
        self._clock = clock

    def get(self, market: Market) -> MarketRecord:
        """Return what is known of a market, defaults where nobody said anything."""
        with reading(self._engine) as connection:
            row = connection.execute(select(markets).where(_is(market))).one_or_none()
        return self._record(market, {} if row is None else _told(row))

    def get_all(self, wanted: Iterable[Market]) -> dict[Market, MarketRecord]:
        """Return what `get` does of many markets, read at once."""
        every = set(wanted)
        platforms = markets.c.platform.in_({market.platform for market in every})
        with reading(self._engine) as connection:
            told = {
                Market(row.platform, row.symbol): _told(row)
                for row in connection.execute(select(markets).where(platforms))
            }
        return {market: self._record(market, told.get(market, {})) for market in every}

    def list(self) -> builtins.list[Market]:
        """Return the markets of which something was told, by platform and symbol."""
        order = markets.c.platform, markets.c.symbol
        with reading(self._engine) as connection:
            return [Market(*row) for row in connection.execute(select(*order).order_by(*order))]

    def tell(
        self, market: Market, facts: Mapping[str, Any], costs: Mapping[str, Any], source: str
    ) -> MarketRecord:
        """Keep what is told of a market; a value of None takes back what was told before."""
        self._begin(market)
        here = select(markets.c.sources).where(_is(market)).with_for_update()
        with writing(self._engine) as connection:
            sources = connection.execute(here).scalar_one() | dict.fromkeys(costs, source)
            values = {**facts, **costs, "sources": sources, "updated_at": self._clock()}
            connection.execute(update(markets).where(_is(market)).values(values))
        return self.get(market)

    def measure(self, market: Market) -> float | None:
        """Keep the median spread (basis points) that a terminal told of a market, if it told it."""
        measured = self._spreads.median(market, self._clock() // 1_000)
        if measured is not None:
            self._begin(market)
            with writing(self._engine) as connection:
                values = {"measured_spread_bps": round(measured, 4)}
                connection.execute(update(markets).where(_is(market)).values(values))
        return measured

    def _begin(self, market: Market) -> None:
        named = {"platform": market.platform, "symbol": market.symbol}
        blank = named | {"sources": {}, "updated_at": self._clock()}
        with suppress(IntegrityError), writing(self._engine) as connection:
            connection.execute(insert(markets).values(blank))

    def _record(self, market: Market, told: Mapping[str, Any]) -> MarketRecord:
        # Candles of terminals are of bids, whatever the market.
        measured = told.get("measured_spread_bps")
        bids = measured is not None or has_bid_candles(market.platform, market.symbol)
        costs = {name: told[name] for name in COSTS if name in told}
        if measured is None and bids and "spread_bps" not in costs:
            measured = self._spread(market)
        return MarketRecord(
            platform=market.platform,
            symbol=market.symbol,
            **{name: told.get(name) for name in FACTS},
            costs=costs_of(
                bids=bids, told=costs, sources=told.get("sources", {}), measured=measured
            ),
            bids=bids,
        )

    def _spread(self, market: Market) -> float | None:
        """Return the median spread of the newest quotes in basis points, None where too few."""
        now = self._clock()
        since = now - MEASURED_MS
        quotes = self._tickers.read(market.platform, market.symbol, since, now, MOST_QUOTES)
        asks = dict(quotes["ask"])
        both = [(bid, asks[at]) for at, bid in quotes["bid"] if at in asks]
        spreads = sorted(2e4 * (ask - bid) / (ask + bid) for bid, ask in both if ask >= bid > 0)
        return spreads[len(spreads) // 2] if len(spreads) >= LEAST_QUOTES else None


def _told(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if value is not None}


def _is(market: Market) -> ColumnElement[bool]:
    return and_(markets.c.platform == market.platform, markets.c.symbol == market.symbol)
