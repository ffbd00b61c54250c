"""One signal."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.signals.answers import EngineAnswers
from api.signals.schemas import GenerateQuery, GenerateRequest, SignalResponse
from api.signals.show import show_signal
from api.v1.signals import SIGNAL_CALL
from core.clock.times import now_ms
from core.risk_reward import parse_rr_config


class GenerateSignal:
    """`POST /generate/signal`"""

    def __init__(self, answers: EngineAnswers) -> None:
        self._answers = answers

    @operation(
        "generate_engine_signal",
        "engine",
        {200: SignalResponse, 202: TaskQueued},
        errors=(404,),
        body=True,
        more=TASK,
    )
    async def on_post(
        self, req: Request, resp: Response, query: GenerateQuery, json: GenerateRequest
    ) -> None:
        """Give the signal of a market's newest candle; the same until the next one closes.

        Where nothing is proven it advises nothing, and says why. 503 where no model is trained.
        """
        parse_rr_config(query.rr_config)
        account = req.context.account
        series, name = await in_thread(
            self._answers.market, account, json.symbol, json.platform, json.timeframe
        )
        request = self._answers.signal_request(series, query.rr_config)
        call = SIGNAL_CALL.with_exits(query.rr_config)
        found = await self._answers.answer_or_task(req, resp, call, request)
        if found is not None:
            resp.media = show_signal(found, name, now_ms())
