"""Evaluation, training and replay of slots, and the leak test of features."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.forecasts.requests import SlotRequests
from api.forecasts.schemas import (
    EvaluateRequest,
    ForecastRequest,
    LeakTestRequest,
    ReplayRequest,
    SlotTrainRequest,
)
from api.http.background_work import PREDICTION_SECONDS, BackgroundWork
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.robots.seen import is_owner
from core.answers.candles import LeakTested
from core.answers.forecasts import Evaluation, ForecastsMade, Replayed, SlotTrained
from core.errors import Forbidden
from storage.models.registry import Registry
from tasks.task_table import (
    EVALUATE_SLOT,
    FORECAST_SERIES,
    LEAK_TEST,
    REPLAY_WALK,
    TRAIN_HORIZONS,
    TRAIN_SLOT,
)


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


class ForecastResource:
    """`POST /forecast`"""

    def __init__(self, requests: SlotRequests, registry: Registry, work: BackgroundWork) -> None:
        self._requests = requests
        self._registry = registry
        self._work = work

    @operation(
        "forecast",
        "forecasts",
        {200: ForecastsMade, 202: TaskQueued},
        errors=(404, 409),
        body=True,
        more=TASK,
    )
    async def on_post(self, req: Request, resp: Response, json: ForecastRequest) -> None:
        """Forecast closes of any series from its newest candle, by models that are trained.

        Of each horizon the point, the 80% and the 95% interval, the probability of a rise,
        last price beside it, and what the model was worth in its walk-forward. What is not
        trained is a 409, or with `train` is trained first: then the answer is a 202. Waits
        for 10 s unless `Prefer` says otherwise. Nothing of it is entered into the ledger.
        """
        if json.train and not is_owner(req.context.key):
            raise Forbidden("train: this key may forecast by what is trained, and not train.")
        request, trains = await in_thread(self._requests.forecast, json, self._registry)
        await self._work.begin(
            req,
            resp,
            FORECAST_SERIES,
            request,
            before=[TRAIN_HORIZONS] if trains else [],
            seconds=0 if trains else PREDICTION_SECONDS,
        )


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
