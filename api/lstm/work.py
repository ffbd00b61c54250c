"""Training of an LSTM."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.background_work import BackgroundWork
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.lstm.requests import LstmRequests
from api.lstm.schemas import TrainRequest
from core.answers.lstm import TrainResult
from tasks.task_table import FETCH_CANDLES, PREDICT_LSTM_NSTEPS, TRAIN_LSTM


class TrainLstm:
    """`POST /lstm/train`"""

    def __init__(self, requests: LstmRequests, work: BackgroundWork) -> None:
        self._requests = requests
        self._work = work

    @operation(
        "train_lstm",
        "lstm",
        {200: TrainResult, 202: TaskQueued},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: TrainRequest) -> None:
        """Train an LSTM on the candles held, and score it in a walk-forward.

        `fetch` brings candles first and `predict` forecasts afterwards, under the
        same task. The same name and id again is a 409 unless `overwrite`; too
        little data is a 422 that says how many candles are needed and held.
        """
        request = await in_thread(self._requests.train, json)
        before = [FETCH_CANDLES] if json.fetch else []
        after = [PREDICT_LSTM_NSTEPS] if json.predict else []
        await self._work.begin(req, resp, TRAIN_LSTM, request, before=before, after=after)
