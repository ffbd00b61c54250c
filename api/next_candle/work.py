"""Routes of the next candle that begin work: they wait up to 60 s for it."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.background_work import BackgroundWork
from api.http.prefer import WAIT_LIMIT
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.next_candle.requests import NextCandleRequests
from api.next_candle.schemas import (
    BackfillQuery,
    DaysQuery,
    SeriesQuery,
)
from core.answers.candles import Backfilled, Ingested
from core.answers.next_candle import Materialized, Trained, Updated
from tasks.task_table import (
    BACKFILL_CANDLES,
    INGEST_LATEST,
    REBUILD_SERIES,
    TRAIN_NEXT_CANDLE,
    UPDATE_FUTURES,
    WALK_NEXT_CANDLE,
)

TAG = "next candle"


class NextCandleWork:
    """`/train`, `/series/rebuild`, `/ingest`, `/init/backfill`, `/futures/update`"""

    def __init__(self, requests: NextCandleRequests, work: BackgroundWork) -> None:
        self._requests = requests
        self._work = work

    @operation(
        "train_next_candle",
        TAG,
        {200: Trained, 202: TaskQueued},
        errors=(404, 409, 422),
        more=TASK,
    )
    async def on_post_train(self, req: Request, resp: Response, query: DaysQuery) -> None:
        """Train models of the next candle, and say what they are worth.

        Boosting of open, high, low, close, amplitude and direction, on returns;
        validated on the newest fifth, in time. The answer is that validation,
        beside last price's errors. In the same task follow the cached series,
        and a purged walk-forward of the recipe for the ledger's slot of one candle ahead.
        """
        request = await in_thread(self._requests.train, query)
        await self._work.begin(
            req,
            resp,
            TRAIN_NEXT_CANDLE,
            request,
            after=[REBUILD_SERIES, WALK_NEXT_CANDLE],
            seconds=WAIT_LIMIT,
            steps=1,
        )

    @operation(
        "rebuild_series",
        TAG,
        {200: Materialized, 202: TaskQueued},
        errors=(404, 409, 422),
        more=TASK,
    )
    async def on_post_rebuild(self, req: Request, resp: Response, query: DaysQuery) -> None:
        """Make the cached series anew from the newest training.

        It is seen when it is whole; until then the old one is.
        """
        request = await in_thread(self._requests.rebuild, query)
        await self._work.begin(req, resp, REBUILD_SERIES, request, seconds=WAIT_LIMIT)

    @operation(
        "ingest_latest",
        TAG,
        {200: Ingested, 202: TaskQueued},
        errors=(404, 409, 422),
        more=TASK,
    )
    async def on_post_ingest(self, req: Request, resp: Response, query: SeriesQuery) -> None:
        """Fetch the latest candles, then forecast and score what is due.

        From the newest candle held up to now; a candle that has changed is revised.
        """
        request = self._requests.ingest(query)
        await self._work.begin(
            req, resp, INGEST_LATEST, request, after=[UPDATE_FUTURES], seconds=WAIT_LIMIT
        )

    @operation(
        "backfill",
        TAG,
        {200: Backfilled, 202: TaskQueued},
        errors=(404, 409, 422),
        more=TASK,
    )
    async def on_post_backfill(self, req: Request, resp: Response, query: BackfillQuery) -> None:
        """Fill the gaps of the newest `days`, and only those.

        Interrupted, it goes on where it stopped.
        """
        request = await in_thread(self._requests.backfill, query)
        await self._work.begin(req, resp, BACKFILL_CANDLES, request, seconds=WAIT_LIMIT)

    @operation(
        "update_futures",
        TAG,
        {200: Updated, 202: TaskQueued},
        errors=(404, 409, 422),
        more=TASK,
    )
    async def on_post_update(self, req: Request, resp: Response, query: SeriesQuery) -> None:
        """Enter into the ledger what can be forecast in time now, and score what has come.

        What is in the ledger stays as it is; a forecast that would be late is not made.
        """
        request = await in_thread(self._requests.update, query)
        await self._work.begin(req, resp, UPDATE_FUTURES, request, seconds=WAIT_LIMIT)
