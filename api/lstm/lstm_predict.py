"""Forecasts of an LSTM: they wait for their result unless told not to."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.answers import PREDICTION_SECONDS, Answers
from api.http.queue_limits import QueueRoom
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.lstm.requests import LstmRequests
from api.lstm.schemas import Prediction, Predictions, PredictRequest, PredictStepsRequest
from tasks.enqueue import Enqueue


class PredictLstm:
    """`POST /lstm/predict` and `POST /lstm/predictnsteps`"""

    def __init__(
        self, requests: LstmRequests, enqueue: Enqueue, room: QueueRoom, answers: Answers
    ) -> None:
        self._requests = requests
        self._enqueue = enqueue
        self._room = room
        self._answers = answers

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
        await self._room.check("predict")
        job = await in_thread(self._enqueue.predict_lstm, request)
        await self._answers.task(req, resp, job, seconds=PREDICTION_SECONDS)

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
        await self._room.check("predict")
        job = await in_thread(self._enqueue.predict_lstm_nsteps, request)
        await self._answers.task(req, resp, job, seconds=PREDICTION_SECONDS)
