"""How high and how low prices will go."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.schemas import TaskQueued
from api.http.v1_envelope import V1Error, succeed
from api.v1.forecast_answers import Call, Outlooks
from api.v1.schemas_signals import PredictionAnswer, PredictionRequest
from core.signals import PREDICTION, RANGE_MODEL
from tasks.task_table import PREDICT_RANGE

RANGE_CALL = Call(PREDICTION, RANGE_MODEL, PREDICT_RANGE)


class PredictionsResource:
    """`POST /api/v1/predictions`"""

    def __init__(self, outlooks: Outlooks) -> None:
        self._outlooks = outlooks

    @operation(
        "predict_range",
        "v1",
        {200: PredictionAnswer, 202: TaskQueued},
        body=True,
        more=TASK,
        failure=V1Error,
    )
    async def on_post(self, req: Request, resp: Response, json: PredictionRequest) -> None:
        """Forecast the high, the low and the 90% range of the next 6, 18, 36 or 72 candles.

        From the newest finished candle of five minutes; the same answer until the
        next one closes. 503 where no model is trained yet.
        """
        found = await self._outlooks.find(req, resp, json, RANGE_CALL)
        if found is not None:
            resp.media = succeed(req, found.data, found.cached)
