"""Candles that a caller holds."""

from falcon.asgi import Request, Response
from msgspec.structs import asdict

from api.candles.openapi_parts import CANDLE_BODIES
from api.candles.read_upload import CSV, TABLES, ReadUpload
from api.candles.schemas_candles import CandlesIngestQuery, CandlesQueued
from api.docs.openapi import operation
from api.docs.openapi_parts import TASK, joined
from api.http.background_work import BackgroundWork, task_path
from api.http.request_body import JSON, media_type, read_body
from api.http.threads import in_work_thread
from core.answers.candles import CandlesStored, RejectedCandle
from core.jobs import Job
from core.requests import StoreCandles
from tasks.task_table import STORE_CANDLES

NDJSON = "application/x-ndjson"
_OTHER_NDJSON = ("application/ndjson", "application/jsonl")
BODY_LIMIT = 16 << 20


class IngestCandles:
    """`POST /ingest/candles/{platform}`"""

    def __init__(self, upload: ReadUpload, work: BackgroundWork) -> None:
        self._upload = upload
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
        """Store candles that you hold, as JSON, NDJSON, CSV, Arrow or Parquet.

        Also the files and answers of most exchanges and programs, as they are:
        columns are found by their header or by a layout that is known. Rows may be
        unsorted; of two with the same time the last counts. A bad row, named by its
        index, refuses the whole request unless `on_error=skip`. Doing so twice
        changes nothing.
        """
        kind = media_type(req, (JSON, NDJSON, CSV, *TABLES, *_OTHER_NDJSON))
        body = await read_body(req, BODY_LIMIT)
        upload = await in_work_thread(self._upload.read, platform, kind, body, query)
        candles, duplicates = upload.checked.candles, upload.checked.duplicates
        rejected = [RejectedCandle(row.index, row.reason) for row in upload.checked.rejected]
        request = StoreCandles(
            **asdict(upload.series),
            duplicates=duplicates,
            rejected=rejected,
            grid=str(upload.facts.grid),
            grid_given=bool(query.grid),
            zone=upload.facts.zone,
            recognised=upload.recognised,
            warnings=upload.warnings,
        )

        def queued(job: Job) -> CandlesQueued:
            return CandlesQueued(
                "queued",
                job.id,
                task_path(job.id),
                len(candles),
                duplicates,
                rejected,
                request.grid,
                upload.recognised,
                upload.warnings,
            )

        await self._work.begin(req, resp, STORE_CANDLES, request, candles=candles, queued=queued)
