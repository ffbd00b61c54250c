"""Which candles there are."""

import msgspec
from falcon.asgi import Request, Response
from msgspec import Struct

from api.docs.openapi import operation
from api.http.threads import in_thread
from core.clock.times import format_time
from core.series import Market
from storage.live.traded_markets import TradedMarkets
from storage.service.data_ages import data_ages
from storage.stores import Stores


class SeriesShown(Struct):
    """Candles that are held; `traded` says that live messages of the market were accepted.

    `grid` is when they open, by a clock; `zone` is the market's own, null if not given. `as_of`
    is the close of the newest finished one, `age` how long ago that was (s), and `stale` that
    newer ones lack by the series' own sessions.
    """

    platform: str
    symbol: str
    resolution: int
    first: str
    last: str
    count: int
    traded: bool
    grid: str
    zone: str | None
    as_of: str | None
    age: int | None
    stale: bool


class SeriesList(Struct):
    """Every series that candles are held of."""

    series: list[SeriesShown]


class SeriesListResource:
    """`GET /candles`"""

    def __init__(self, stores: Stores, traded: TradedMarkets) -> None:
        self._stores = stores
        self._traded = traded

    @operation("list_series", "candles", {200: SeriesList})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the series that candles are held of, with their first and last opening."""
        resp.media = SeriesList(await in_thread(self._all))

    def _all(self) -> list[SeriesShown]:
        traded = set(self._traded.all())
        stores = self._stores
        held = stores.candles.all_series()
        ages = data_ages(stores, held)
        return [
            SeriesShown(
                series.platform,
                series.symbol,
                series.resolution,
                format_time(extent.first * 1_000),
                format_time(extent.last * 1_000),
                extent.count,
                Market(series.platform, series.symbol) in traded,
                str(facts.grid),
                facts.zone or None,
                *msgspec.structs.astuple(ages[series]),
            )
            for series, facts in zip(held, stores.facts.all(held), strict=True)
            if (extent := stores.candles.extent(series))
        ]
