"""How far prices go."""

import asyncio
from collections.abc import Sequence

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.signals.answers import EngineAnswers
from api.signals.schemas import RangePrediction, RangePredictions, RangeRequest
from api.signals.show import show_range
from api.v1.predictions import RANGE_CALL
from core.requests import PathRequest
from core.robots.accounts import Account
from core.series import Series


class PredictRange:
    """`POST /predict/range`"""

    def __init__(self, answers: EngineAnswers) -> None:
        self._answers = answers

    @operation("predict_engine_range", "engine", {200: RangePredictions}, errors=(404,), body=True)
    async def on_post(self, req: Request, resp: Response, json: RangeRequest) -> None:
        """Forecast how far prices go up and down within the next 1, 4 and 16 candles.

        Confidences are the shares of walk-forward paths that stayed so near; they are measured
        at each training. 503 where no range is trained.
        """
        _, shown = await self.find(
            req.context.account, json.symbol, json.timeframe, json.platform, json.horizons or ()
        )
        resp.data = msgspec.json.encode(shown)

    async def find(
        self,
        account: Account | None,
        symbol: str,
        timeframe: str | int,
        platform: str | None = None,
        horizons: Sequence[int] = (),
    ) -> tuple[Series, list[RangePrediction]]:
        """Return the series that is meant and its ranges; raises as the route answers."""
        series, _ = await in_thread(self._answers.market, account, symbol, platform, timeframe)
        wanted = await in_thread(self._answers.trained_ranges, series, RANGE_CALL, horizons)
        parts = msgspec.structs.asdict(series)
        asked = [PathRequest(**parts, horizon=horizon) for horizon in wanted]
        found = await asyncio.gather(*(self._answers.answer(RANGE_CALL, one) for one in asked))
        return series, [show_range(data) for data in found]
