"""The watch-list: series that the schedule keeps fresh."""

from typing import Any

from falcon.asgi import Request, Response

from api.candles.requested_series import fetchable_series, stored_series
from api.candles.schemas_watch import WatchList, WatchQuery, WatchRequest, WatchShown, show_watch
from api.docs.openapi import operation, read_json
from api.http.schemas import Resolution
from api.http.threads import in_database_thread, in_thread
from api.http.validation import convert_body
from core.errors import InvalidRequest
from core.platforms import FETCHED
from core.series import Series
from storage.candles.candle_store import CandleStore
from storage.candles.watches import WatchStore


class WatchResource:
    """`GET`, `POST` and `DELETE /watch`"""

    def __init__(self, watches: WatchStore, candles: CandleStore, default_platform: str) -> None:
        self._watches = watches
        self._candles = candles
        self._default_platform = default_platform

    @operation("list_watches", "watch", {200: WatchList})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the watched series and how their last runs went."""
        watches = await in_database_thread(self._watches.list)
        resp.media = WatchList([show_watch(watch) for watch in watches])

    @operation("watch", "watch", {200: WatchShown, 201: WatchShown}, errors=(404,), body=True)
    async def on_post(self, req: Request, resp: Response, json: WatchRequest) -> None:
        """Keep a series fresh from now on; 200 if that was so already.

        A series that no exchange offers may be watched once candles of it are
        held: it is forecast, and fresh as far as you bring candles.
        """
        series = await in_thread(self._series, json.platform, json.symbol, json.resolution)
        added = await in_database_thread(self._watches.add, series)
        watches = await in_database_thread(self._watches.list)
        resp.status = 201 if added else 200
        resp.media = next(show_watch(watch) for watch in watches if watch.series == series)

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

    def _series(self, platform: str | None, symbol: str, resolution: Resolution) -> Series:
        platform = platform or self._default_platform
        if platform not in FETCHED:
            series = stored_series(platform, symbol, resolution)
            if self._candles.extent(series):
                return series
        return fetchable_series(platform, symbol, resolution)
