"""Training of an LSTM."""

from falcon.asgi import Request, Response

from api.answers import Answers
from api.lstm_requests import LstmRequests
from api.openapi import operation
from api.openapi_parts import TASK
from api.queue_room import QueueRoom
from api.schemas import TaskQueued
from api.schemas_lstm import TrainRequest, TrainResult
from api.threads import in_thread
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
