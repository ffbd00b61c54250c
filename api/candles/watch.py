"""The watch-list: series that are fetched and forecast at each close."""

from typing import Any

from falcon.asgi import Request, Response

from api.candles.requested_series import fetchable_series, stored_series
from api.candles.schemas_watch import WatchList, WatchQuery, WatchRequest, WatchShown, show_watch
from api.docs.openapi import operation, read_json
from api.http.schemas import Resolution
from api.http.threads import in_database_thread, in_thread
from api.http.validation import convert_body
from core.errors import InvalidRequest, RedisUnavailable
from core.platforms import FETCHED
from core.series import Series
from storage.candles.watches import Watch
from storage.service.data_ages import UNKNOWN, data_ages
from storage.stores import Stores


class WatchResource:
    """`GET`, `POST` and `DELETE /watch`"""

    def __init__(self, stores: Stores, default_platform: str) -> None:
        self._stores = stores
        self._watches = stores.watches
        self._candles = stores.candles
        self._default_platform = default_platform

    @operation("list_watches", "watch", {200: WatchList})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the watched series, how their last runs went, and how old their candles are."""
        watches = await in_database_thread(self._watches.list)
        resp.media = WatchList(await self._shown(watches))

    @operation("watch", "watch", {200: WatchShown, 201: WatchShown}, errors=(404,), body=True)
    async def on_post(self, req: Request, resp: Response, json: WatchRequest) -> None:
        """Watch a series from now on; 200 if that was so already.

        One that an exchange offers is fetched at each close. Any other may be watched once
        candles of it are held: it is forecast, and as fresh as whoever brings candles keeps it.
        """
        series = await in_thread(self._series, json.platform, json.symbol, json.resolution)
        added = await in_database_thread(self._watches.add, series)
        watches = await in_database_thread(self._watches.list)
        resp.status = 201 if added else 200
        mine = [watch for watch in watches if watch.series == series]
        [resp.media] = await self._shown(mine)

    @operation("unwatch", "watch", {204: None}, errors=(404, 413, 415, 422))
    async def on_delete(self, req: Request, resp: Response, query: WatchQuery) -> None:
        """Watch a series no longer; it is named in the query, or in a JSON body as in POST."""
        wanted: Any = query
        if req.content_length:
            wanted = convert_body(await read_json(req), WatchRequest)
        if not wanted.symbol or not wanted.resolution:
            raise InvalidRequest("symbol and resolution are required.")
        platform = wanted.platform or self._default_platform
        named = fetchable_series if platform in FETCHED else stored_series
        series = named(platform, wanted.symbol, wanted.resolution)
        await in_database_thread(self._watches.remove, series)
        resp.status = 204

    async def _shown(self, watches: list[Watch]) -> list[WatchShown]:
        series = [watch.series for watch in watches]
        try:
            ages = await in_thread(data_ages, self._stores, series)
        except RedisUnavailable:
            # The list itself is SQL's: it is told without them.
            ages = dict.fromkeys(series, UNKNOWN)
        return [show_watch(watch, ages[watch.series]) for watch in watches]

    def _series(self, platform: str | None, symbol: str, resolution: Resolution) -> Series:
        platform = platform or self._default_platform
        if platform not in FETCHED:
            series = stored_series(platform, symbol, resolution)
            if self._candles.extent(series):
                return series
        return fetchable_series(platform, symbol, resolution)
