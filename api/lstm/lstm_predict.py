"""Forecasts of an LSTM: they wait for their result unless told not to."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.background_work import PREDICTION_SECONDS, BackgroundWork
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.lstm.requests import LstmRequests
from api.lstm.schemas import PredictRequest, PredictStepsRequest
from core.answers.lstm import Prediction, Predictions
from tasks.task_table import PREDICT_LSTM, PREDICT_LSTM_NSTEPS


class PredictLstm:
    """`POST /lstm/predict` and `POST /lstm/predictnsteps`"""

    def __init__(self, requests: LstmRequests, work: BackgroundWork) -> None:
        self._requests = requests
        self._work = work

    @operation(
        "predict_lstm",
        "lstm",
        {200: Prediction, 202: TaskQueued},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: PredictRequest) -> None:
        """Forecast the next close; of a model of several steps, the first.

        Waits up to 10 s for the result by itself.
        """
        request = await in_thread(self._requests.predict, json)
        await self._work.begin(req, resp, PREDICT_LSTM, request, seconds=PREDICTION_SECONDS)

    @operation(
        "predict_lstm_nsteps",
        "lstm",
        {200: Predictions, 202: TaskQueued},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post_steps(self, req: Request, resp: Response, json: PredictStepsRequest) -> None:
        """Forecast every step that the model was trained for; another `nsteps` is a 409.

        Waits up to 10 s for the result by itself.
        """
        request = await in_thread(self._requests.predict, json)
        await self._work.begin(req, resp, PREDICT_LSTM_NSTEPS, request, seconds=PREDICTION_SECONDS)
