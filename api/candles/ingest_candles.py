"""Candles that a caller holds."""

from typing import NamedTuple

from falcon.asgi import Request, Response
from msgspec.structs import asdict

from api.candles import candle_rows
from api.candles.openapi_parts import CANDLE_BODIES
from api.candles.requested_series import stored_series
from api.candles.schemas_candles import (
    CandlesIngestQuery,
    CandlesQueued,
    CandlesRequest,
)
from api.docs.openapi import operation
from api.docs.openapi_parts import TASK, joined
from api.http.background_work import BackgroundWork, task_path
from api.http.json_text import parse_json
from api.http.request_body import JSON, media_type, read_body
from api.http.schemas import Resolution
from api.http.threads import in_work_thread
from api.http.validation import convert_body
from core.answers.candles import CandlesStored, RejectedCandle
from core.errors import InvalidRequest
from core.jobs import Job
from core.requests import StoreCandles
from core.series import Series
from core.times import now_ms
from storage.candles.candle_checks import CheckedCandles, RejectedRow, check_candles
from tasks.task_table import STORE_CANDLES

NDJSON, CSV = "application/x-ndjson", "text/csv"
_OTHER_NDJSON = ("application/ndjson", "application/jsonl")
BODY_LIMIT = 16 << 20


class Upload(NamedTuple):
    """A series and its checked candles."""

    series: Series
    checked: CheckedCandles


class IngestCandles:
    """`POST /ingest/candles/{platform}`"""

    def __init__(self, work: BackgroundWork) -> None:
        self._work = work

    @operation(
        "ingest_candles",
        "candles",
        {200: CandlesStored, 202: CandlesQueued},
        errors=(404, 409, 413, 415, 422),
        more=joined(TASK, CANDLE_BODIES),
    )
    async def on_post(
        self, req: Request, resp: Response, platform: str, query: CandlesIngestQuery
    ) -> None:
        """Store candles that you hold, as JSON, NDJSON or CSV.

        Rows may be unsorted; of two with the same time the last counts. Times
        from 1e11 on are milliseconds. A bad row, named by its index, refuses the
        whole request unless `on_error=skip`. Doing so twice changes nothing.
        """
        kind = media_type(req, (JSON, NDJSON, CSV, *_OTHER_NDJSON))
        body = await read_body(req, BODY_LIMIT)
        series, checked = await in_work_thread(_read, platform, kind, body, query)
        rejected = [RejectedCandle(row.index, row.reason) for row in checked.rejected]
        request = StoreCandles(**asdict(series), duplicates=checked.duplicates, rejected=rejected)

        def queued(job: Job) -> CandlesQueued:
            accepted, duplicates = len(checked.candles), checked.duplicates
            return CandlesQueued(
                "queued", job.id, task_path(job.id), accepted, duplicates, rejected
            )

        await self._work.begin(
            req, resp, STORE_CANDLES, request, candles=checked.candles, queued=queued
        )


def _read(platform: str, kind: str, body: bytes, query: CandlesIngestQuery) -> Upload:
    if kind == JSON:
        upload = convert_body(parse_json(body), CandlesRequest)
        series = stored_series(platform, upload.symbol, upload.resolution)
        rows = candle_rows.from_json(upload.candles)
    else:
        series = stored_series(platform, *_named(query))
        rows = candle_rows.from_csv(body) if kind == CSV else candle_rows.from_lines(body)
    checked = check_candles(rows.rows, series.resolution, now_ms())
    # A row that could not be read counts as one that is no candle; its reason says more.
    rejected = [
        RejectedRow(row.index, rows.unreadable.get(row.index, row.reason))
        for row in checked.rejected
    ]
    _refuse(rejected, len(checked.candles), query.on_error)
    return Upload(series, checked._replace(rejected=rejected))


def _named(query: CandlesIngestQuery) -> tuple[str, Resolution]:
    if not query.symbol or not query.resolution:
        raise InvalidRequest("symbol and resolution are required in the query with this body.")
    return query.symbol, query.resolution


def _refuse(rejected: list[RejectedRow], accepted: int, on_error: str) -> None:
    if rejected and on_error != "skip":
        others = f", and {len(rejected) - 1} rows more" if len(rejected) > 1 else ""
        raise InvalidRequest(
            f"candles[{rejected[0].index}]: {rejected[0].reason}{others}. "
            "Mend them, or send ?on_error=skip to leave them out."
        )
    if not accepted:
        raise InvalidRequest("candles: there is no row that could be stored.")
