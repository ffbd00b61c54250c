"""Candles fetched from an exchange."""

from falcon.asgi import Request, Response
from msgspec.structs import asdict

from api.candles.requested_series import fetchable_series
from api.candles.schemas_candles import KlineRequest
from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.background_work import BackgroundWork
from api.http.ranges import check_size, past_range
from api.http.schemas import TaskQueued
from core.answers.candles import KlineResult
from core.requests import FetchCandles
from tasks.task_table import FETCH_CANDLES


class IngestKline:
    """`POST /ingest/kline/{platform}`"""

    def __init__(self, work: BackgroundWork) -> None:
        self._work = work

    @operation(
        "ingest_kline",
        "candles",
        {200: KlineResult, 202: TaskQueued},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post(
        self, req: Request, resp: Response, platform: str, json: KlineRequest
    ) -> None:
        """Fetch candles from an exchange and store them.

        Pages through the exchange's cap within its rate limit. Doing so twice
        changes nothing. An unknown platform is a 404 that names the nearest.
        """
        series = fetchable_series(platform, json.symbol, json.resolution)
        wanted = past_range(json.start, json.end)
        check_size(wanted, series.resolution)
        request = FetchCandles(**asdict(series), **wanted._asdict())
        await self._work.begin(req, resp, FETCH_CANDLES, request)
