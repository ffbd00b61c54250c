"""The newest price of a market by the name that users say."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.middleware import symbol_of
from api.http.threads import in_thread
from api.markets.schemas_data import PlatformQuery, Snapshot
from api.markets.symbol_resolver import SymbolResolver
from core.clock.times import format_time
from core.errors import NotFound
from core.robots.accounts import Account
from storage.markets.snapshots import SnapshotReader
from storage.stores import Stores


class SnapshotResource:
    """`GET /api/snapshot/{symbol}`"""

    def __init__(self, stores: Stores, symbols: SymbolResolver) -> None:
        self._snapshots = SnapshotReader(stores.redis, stores.freshness, stores.markets)
        self._symbols = symbols

    @operation("snapshot", "data", {200: Snapshot}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, symbol: str, query: PlatformQuery) -> None:
        """Read the newest price, its quote and the day's change.

        From quotes, trades or candles, whichever is newest. 404 where no price is held; an
        old one is told and said to be stale, unless the market is closed.
        """
        resp.media = await in_thread(
            self.read, req.context.account, symbol_of(symbol), query.platform or None
        )

    def read(self, account: Account | None, name: str, platform: str | None) -> Snapshot:
        """Return the newest price of a market; blocks, and raises as the route answers."""
        market = self._symbols.market(name, platform, account)
        self._symbols.check_in_plan(account, market)
        found = self._snapshots.read(market, self._symbols.resolutions(market))
        if found is None:
            # Its first candles may have come within the last second.
            found = self._snapshots.read(market, self._symbols.resolutions(market, fresh=True))
        if found is None:
            raise NotFound(
                f"No price of {market} is held; POST /api/sync/{name[:64]} fetches some."
            )
        change = None if found.before is None else float(f"{found.price - found.before:.10g}")
        percent = None if found.before is None or change is None else 100 * change / found.before
        return Snapshot(
            symbol=name,
            bid=found.bid,
            ask=found.ask,
            last_price=found.price,
            timestamp=format_time(found.at),
            daily_change=change,
            daily_change_pct=None if percent is None else round(percent, 4),
            platform=market.platform,
            quote="live" if found.live else "modelled",
            age_s=found.age_ms / 1_000,
            stale=found.stale,
            closed=found.closed,
        )
