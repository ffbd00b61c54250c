"""Evaluation, training and replay of slots, and the leak test of features."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.forecasts.requests import SlotRequests
from api.forecasts.schemas import (
    EvaluateRequest,
    LeakTestRequest,
    ReplayRequest,
    SlotTrainRequest,
)
from api.http.background_work import PREDICTION_SECONDS, BackgroundWork
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from core.answers.candles import LeakTested
from core.answers.forecasts import Evaluation, Replayed, SlotTrained
from tasks.task_table import EVALUATE_SLOT, LEAK_TEST, REPLAY_WALK, TRAIN_SLOT


class _SlotResource:
    def __init__(self, requests: SlotRequests, work: BackgroundWork) -> None:
        self._requests = requests
        self._work = work


class EvaluateResource(_SlotResource):
    """`POST /evaluate`"""

    @operation(
        "evaluate",
        "evaluation",
        {200: Evaluation, 202: TaskQueued},
        errors=(404,),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: EvaluateRequest) -> None:
        """Judge a model by a purged, embargoed walk-forward beside last price; keeps nothing.

        The verdict comes from the interval of skill: `skilled`, `unproven`,
        `negligible` or `no_skill`.
        """
        request = await in_thread(self._requests.evaluate, json)
        await self._work.begin(req, resp, EVALUATE_SLOT, request)


class TrainSlotResource(_SlotResource):
    """`POST /slots/train`"""

    @operation(
        "train_slot",
        "evaluation",
        {200: SlotTrained, 202: TaskQueued},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: SlotTrainRequest) -> None:
        """Train a challenger for a slot; promote it, or say why not.

        It becomes the champion if it beats the present one and the baseline on
        the same folds. The champion of a watched series forecasts every candle,
        into the ledger.
        """
        request = await in_thread(self._requests.train, json)
        await self._work.begin(req, resp, TRAIN_SLOT, request)


class ReplayResource(_SlotResource):
    """`POST /replay/walk`"""

    @operation(
        "replay_walk",
        "evaluation",
        {200: Replayed, 202: TaskQueued},
        errors=(404,),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: ReplayRequest) -> None:
        """Walk a slot through the past as if it were live, into a ledger of its own.

        The same candles, request and code give the same rows, hashes included.
        """
        request = await in_thread(self._requests.replay, json)
        await self._work.begin(req, resp, REPLAY_WALK, request)


class LeakTestResource(_SlotResource):
    """`POST /features/leaktest`"""

    @operation(
        "leak_test",
        "evaluation",
        {200: LeakTested, 202: TaskQueued},
        errors=(404,),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: LeakTestRequest) -> None:
        """Recompute every feature on truncated history: one that changes knows the future."""
        request, candles = await in_thread(self._requests.leak_test, json)
        await self._work.begin(
            req, resp, LEAK_TEST, request, candles=candles, seconds=PREDICTION_SECONDS
        )
