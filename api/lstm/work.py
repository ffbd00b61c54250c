"""Training of an LSTM."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.answers import Answers
from api.http.queue_limits import QueueRoom
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.lstm.requests import LstmRequests
from api.lstm.schemas import TrainRequest, TrainResult
from tasks.enqueue import Enqueue


class TrainLstm:
    """`POST /lstm/train`"""

    def __init__(
        self, requests: LstmRequests, enqueue: Enqueue, room: QueueRoom, answers: Answers
    ) -> None:
        self._requests = requests
        self._enqueue = enqueue
        self._room = room
        self._answers = answers

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
        await self._room.check("train")
        chained = json.fetch is not None or json.predict
        send = self._enqueue.chain if chained else self._enqueue.train_lstm
        await self._answers.task(req, resp, await in_thread(send, request))
