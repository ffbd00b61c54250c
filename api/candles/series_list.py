"""Which candles there are."""

from falcon.asgi import Request, Response
from msgspec import Struct

from api.docs.openapi import operation
from api.http.threads import in_thread
from core.clock.times import format_time
from core.series import Market
from storage.candles.candle_store import CandleStore
from storage.candles.series_facts import SeriesFactsStore
from storage.live.traded_markets import TradedMarkets


class SeriesShown(Struct):
    """Candles that are held; `traded` says that live messages of the market were accepted.

    `grid` is when they open, by a clock; `zone` is the market's own, null if not given.
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


class SeriesList(Struct):
    """Every series that candles are held of."""

    series: list[SeriesShown]


class SeriesListResource:
    """`GET /candles`"""

    def __init__(
        self, candles: CandleStore, facts: SeriesFactsStore, traded: TradedMarkets
    ) -> None:
        self._candles = candles
        self._facts = facts
        self._traded = traded

    @operation("list_series", "candles", {200: SeriesList})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the series that candles are held of, with their first and last opening."""
        resp.media = SeriesList(await in_thread(self._all))

    def _all(self) -> list[SeriesShown]:
        traded = set(self._traded.all())
        held = self._candles.all_series()
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
            )
            for series, facts in zip(held, self._facts.all(held), strict=True)
            if (extent := self._candles.extent(series))
        ]
