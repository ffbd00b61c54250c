"""The series of the next candle: ready made, or computed for the caller."""

from typing import NamedTuple

from falcon import MEDIA_JSON
from falcon.asgi import Request, Response

from api.candles.requested_series import no_candles
from api.docs.openapi import operation
from api.docs.openapi_parts import CSV_PAGE, TASK, joined
from api.http.background_work import BackgroundWork
from api.http.cursors import read_cursor, write_cursor
from api.http.middleware import accepts_gzip
from api.http.prefer import WAIT_LIMIT
from api.http.ranges import opening_seconds
from api.http.schemas import TaskQueued
from api.http.tables import CSV_TYPE
from api.http.threads import in_thread
from api.next_candle import pages
from api.next_candle.requests import NextCandleRequests
from api.next_candle.schemas import ComputedQuery, PointsQuery, SeriesPage
from api.next_candle.work import TAG
from core.clock.times import LATEST_MS
from core.errors import NotFound
from core.next_candle import DAY_S, candle_target
from core.requests import ComputeSeries
from core.series import Series
from storage.models.series_cache import CachedSeries
from storage.stores import Stores
from tasks.task_table import COMPUTE_SERIES

_EVER = LATEST_MS // 1_000
_UNTRAINED = "Nothing is trained for this series; POST /train first."
_NOT_READY = "The series is being made; it takes a few seconds."


class Wanted(NamedTuple):
    """A series and the points of it: openings `start..end` in s; the newest candle held."""

    series: Series
    start: int
    end: int
    limit: int
    last: int | None


class SeriesResource:
    """`GET /series` and `GET /series/cached`"""

    def __init__(self, stores: Stores, requests: NextCandleRequests, work: BackgroundWork) -> None:
        self._stores = stores
        self._requests = requests
        self._work = work

    @operation(
        "read_cached_series",
        TAG,
        {200: SeriesPage},
        errors=(404, 422),
        more=CSV_PAGE,
    )
    async def on_get_cached(self, req: Request, resp: Response, query: PointsQuery) -> None:
        """Read the series that was made after the newest training and follows its candles.

        Points with `in_sample` true were known to the model when it learnt: they
        are no forecasts. Also as CSV, then with the cursor in the header `X-Next-Cursor`.
        """
        form = _Form.of(req, query)
        await in_thread(self._cached, query, form)
        form.answer(resp)

    @operation(
        "compute_series",
        TAG,
        {200: SeriesPage, 202: TaskQueued},
        errors=(404, 409, 422),
        more={
            "parameters": TASK["parameters"],
            "responses": joined(TASK["responses"], CSV_PAGE["responses"]),
        },
    )
    async def on_get(self, req: Request, resp: Response, query: ComputedQuery) -> None:
        """Compute the series now, from the newest training.

        As `GET /series/cached` otherwise. After a 202 the answer is at the `href` of
        the task's result for ten minutes.
        """
        form = _Form.of(req, query)
        wanted = await in_thread(self._wanted, query)
        if query.task_id:
            await in_thread(self._computed, wanted, query.task_id, form)
        elif reason := await in_thread(self._nothing, wanted):
            form.fill(wanted, None, reason)
        elif not await self._compute(req, resp, wanted, form):
            return
        form.answer(resp)

    async def _compute(self, req: Request, resp: Response, wanted: Wanted, form: "_Form") -> bool:
        """Have a worker compute the points; False if the answer is a 202."""
        series = wanted.series
        request = ComputeSeries(
            platform=series.platform,
            symbol=series.symbol,
            resolution=series.resolution,
            start=wanted.start,
            end=wanted.end,
            limit=wanted.limit,
        )
        job = await self._work.begin(req, resp, COMPUTE_SERIES, request, seconds=WAIT_LIMIT)
        if resp.status_code == 202:
            return False
        resp.media = None
        await in_thread(self._computed, wanted, job.id, form)
        return True

    def _computed(self, wanted: Wanted, task_id: str, form: "_Form") -> None:
        found = self._stores.series_cache.answer(task_id)
        if found is None:
            raise NotFound("This answer is not kept any more; ask for the series again.")
        result = self._stores.jobs.get(task_id)
        asked, following = result.request, (result.result or {}).get("next")
        names = asked["platform"], asked["symbol"], asked["resolution"]
        whole = wanted._replace(series=Series(*names), start=0, end=_EVER, limit=_EVER)
        form.fill(whole, found, None, following)

    def _cached(self, query: PointsQuery, form: "_Form") -> None:
        wanted = self._wanted(query)
        found = self._stores.series_cache.read(wanted.series, wanted.start, wanted.end)
        reason = None if found else self._nothing(wanted) or _NOT_READY
        form.fill(wanted, found, reason)

    def _nothing(self, wanted: Wanted) -> str | None:
        """Return why there are no points to be had."""
        if wanted.last is None:
            return no_candles(wanted.series, self._stores.candles).detail
        if self._stores.registry.champion(candle_target(wanted.series)) is None:
            return _UNTRAINED
        return None

    def _wanted(self, query: PointsQuery) -> Wanted:
        series = self._requests.stored(query)
        start, end = opening_seconds(query.start or None, query.end or None)
        newest = self._stores.candles.read(series, limit=1, newest=True)
        last = int(newest.time[0]) if len(newest) else None
        end = (last or 0) if end is None else end
        if start is None:
            start = max(0, min(end, last or end) - query.fallback_days * DAY_S + series.resolution)
        if query.cursor:
            start = max(start, read_cursor(query.cursor))
        return Wanted(series, start, end, query.limit, last)


class _Form:
    """The form in which a caller wants the points, and then the points in it."""

    def __init__(self, csv: bool, gzip: bool) -> None:
        self._csv = csv
        self._gzip = gzip
        self._data = b""
        self._cursor: str | None = None

    @classmethod
    def of(cls, req: Request, query: PointsQuery) -> "_Form":
        preferred = req.client_prefers((MEDIA_JSON, "text/csv"))
        csv = query.format == "csv" or (not query.format and preferred == "text/csv")
        return cls(csv, accepts_gzip(req.get_header("Accept-Encoding") or ""))

    def fill(
        self,
        wanted: Wanted,
        found: CachedSeries | None,
        reason: str | None,
        following: int | None = None,
    ) -> None:
        """Take the points that are wanted."""
        chunks = found.chunks if found else []
        points = pages.cut(chunks, wanted.start, wanted.end, wanted.limit)
        points = points._replace(following=points.following or following)
        if points.following is not None:
            self._cursor = write_cursor(points.following)
        if self._csv:
            self._data = pages.as_csv(points)
            return
        about = found.about if found else None
        beginning = pages.head(wanted.series, about, wanted.last, reason, points.following)
        self._data = (pages.as_gzip if self._gzip else pages.as_json)(beginning, points)

    def answer(self, resp: Response) -> None:
        """Answer with the points."""
        resp.append_header("Vary", "Accept")
        if self._csv:
            resp.content_type = CSV_TYPE
            if self._cursor:
                resp.set_header("X-Next-Cursor", self._cursor)
        else:
            resp.append_header("Vary", "Accept-Encoding")
            resp.content_type = MEDIA_JSON
            if self._gzip:
                resp.set_header("Content-Encoding", "gzip")
        resp.data = self._data
