"""Candles fetched by the names that users say, from whichever provider has them."""

import msgspec
from falcon.asgi import Request, Response
from msgspec.structs import asdict

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.background_work import BackgroundWork
from api.http.errors import TaskFailed
from api.http.middleware import request_id, symbol_of
from api.http.ranges import Range, check_size, past_range
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.markets.schemas_data import Synced, SyncFailed, SyncRequest
from api.markets.symbol_resolver import SymbolResolver
from core.answers.candles import KlineResult
from core.clock.resolutions import DAY, parse_resolution, resolution_name
from core.clock.times import format_time, now_ms
from core.errors import ExchangeRefused, InvalidRequest
from core.requests import FetchCandles
from core.series import Series
from storage.stores import Stores
from tasks.task_table import FETCH_CANDLES

# How long an answer waits for the last candle (s).
WAITED_S = 60
LONGEST_MS = 3_653 * DAY * 1_000
_BAD_GATEWAY, _UNAVAILABLE = 502, 503


class _Checkpoint(msgspec.Struct):
    """What a job of fetching has noted that ended early."""

    held: int = 0
    fetched: int = 0
    revised: int = 0


class SyncResource:
    """`POST /api/sync/{symbol}`"""

    def __init__(
        self,
        stores: Stores,
        work: BackgroundWork,
        symbols: SymbolResolver,
        default_resolution: str,
    ) -> None:
        self._jobs = stores.jobs
        self._candles = stores.candles
        self._work = work
        self._symbols = symbols
        self._default_resolution = default_resolution

    @operation(
        "sync_candles",
        "data",
        {200: Synced, 202: TaskQueued, 502: SyncFailed, 503: SyncFailed},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, symbol: str, json: SyncRequest) -> None:
        """Fetch a market's candles from its provider and store them; waits up to 60 s.

        Where the provider has no candles of the timeframe, the longest that make such are
        fetched, and `timeframe` says so. A platform must be named for a market of which
        nothing is known yet. A provider that fails is a 502 or 503 that says what was stored.
        """
        series = await in_thread(self._series, symbol_of(symbol), json)
        wanted = past_range(json.start_date, json.end_date, suffix="_date")
        if wanted.end - wanted.start > LONGEST_MS:
            raise InvalidRequest(
                "start_date..end_date spans more than ten years.", field="start_date"
            )
        check_size(wanted, series.resolution, suffix="_date")
        request = FetchCandles(**asdict(series), **wanted._asdict())
        try:
            job = await self._work.begin(req, resp, FETCH_CANDLES, request, seconds=WAITED_S)
        except TaskFailed as error:
            if error.type != ExchangeRefused.type and error.status != _UNAVAILABLE:
                raise
            resp.status = _UNAVAILABLE if error.status == _UNAVAILABLE else _BAD_GATEWAY
            if error.retry_after is not None:
                resp.set_header("Retry-After", str(error.retry_after))
            resp.media = await in_thread(self._failed, req, series, wanted, error)
            return
        if job.ended:
            done = msgspec.convert(job.result, KlineResult)
            resp.media = Synced(
                status="completed",
                rows_synced=done.inserted + done.revised,
                fetched=done.fetched,
                gaps=done.gaps,
                task_id=job.id,
                platform=series.platform,
                timeframe=resolution_name(series.resolution),
            )

    def _series(self, name: str, json: SyncRequest) -> Series:
        resolution = parse_resolution(json.timeframe or self._default_resolution, "timeframe")
        return self._symbols.fetchable(name, json.platform, resolution)

    def _failed(self, req: Request, series: Series, wanted: Range, error: TaskFailed) -> SyncFailed:
        job = self._jobs.get(error.task_id or "")
        noted = msgspec.convert(job.checkpoint or {}, _Checkpoint)
        held = self._candles.count(series, -(-wanted.start // 1_000), wanted.end // 1_000)
        rows = held - noted.held + noted.revised if job.checkpoint else 0
        return SyncFailed(
            status="failed",
            rows_synced=rows,
            fetched=noted.fetched,
            task_id=job.id,
            error=error.type,
            detail=error.detail,
            timestamp=format_time(now_ms()),
            request_id=request_id(req),
        )
