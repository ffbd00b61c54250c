"""Markets and their costs: what evaluations, signals and outcomes reckon with."""

from falcon.asgi import Request, Response

from api.candles.requested_series import stored_market
from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.markets.schemas import MarketBody, MarketShown, MarketsShown, given_fields, show_market
from core.clock.clocks import check_zone
from core.markets import SET, MarketRecord
from core.series import Market
from storage.markets.markets import MarketStore
from storage.stores import Stores


class MarketList:
    """`GET /markets`"""

    def __init__(self, stores: Stores) -> None:
        self._candles = stores.candles
        self._markets = stores.markets

    @operation("list_markets", "markets", {200: MarketsShown})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the markets of which something was told or candles are held."""
        records = await in_database_thread(self._all)
        resp.media = MarketsShown([show_market(record) for record in records])

    def _all(self) -> list[MarketRecord]:
        held = {Market(one.platform, one.symbol) for one in self._candles.all_series()}
        return [self._markets.get(market) for market in sorted(held | set(self._markets.list()))]


class MarketResource:
    """`GET` and `PUT /markets/{platform}/{symbol}`"""

    def __init__(self, markets: MarketStore) -> None:
        self._markets = markets

    @operation("read_market", "markets", {200: MarketShown}, errors=(422,))
    async def on_get(self, req: Request, resp: Response, platform: str, symbol: str) -> None:
        """Read a market's record; what nobody told has its default."""
        market = stored_market(platform, symbol)
        resp.media = show_market(await in_database_thread(self._markets.get, market))

    @operation("set_market", "markets", {200: MarketShown}, body=True)
    async def on_put(
        self, req: Request, resp: Response, platform: str, symbol: str, json: MarketBody
    ) -> None:
        """Set any part of a market's record.

        Costs count from the next training, signal and forecast on; what was judged or
        made before keeps its own.
        """
        market = stored_market(platform, symbol)
        facts, costs = given_fields(json), given_fields(json.costs)
        del facts["costs"]
        if facts.get("zone"):
            check_zone(facts["zone"])
        told = await in_database_thread(self._markets.tell, market, facts, costs, SET)
        resp.media = show_market(told)
