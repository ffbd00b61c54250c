"""One signal."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.signals.answers import EngineAnswers
from api.signals.schemas import GenerateQuery, GenerateRequest, SignalResponse
from api.signals.show import show_signal
from api.v1.forecast_answers import Call
from api.v1.signals import SIGNAL_CALL
from core.answers.signals import SignalData
from core.clock.times import now_ms
from core.requests import PathRequest
from core.risk_reward import parse_rr_config
from core.robots.accounts import Account


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
        call, request, name = await self._asked(
            req.context.account, json.symbol, json.timeframe, json.platform, query.rr_config
        )
        found = await self._answers.answer_or_task(req, resp, call, request)
        if found is not None:
            resp.media = show_signal(found, name, now_ms())

    async def find(
        self, account: Account | None, symbol: str, timeframe: str | int, rr_config: str
    ) -> tuple[SignalData, str]:
        """Return a signal and what its market is called, waiting up to 10 s for it.

        Raises as the route answers.
        """
        call, request, name = await self._asked(account, symbol, timeframe, None, rr_config)
        return await self._answers.answer(call, request), name

    async def _asked(
        self,
        account: Account | None,
        symbol: str,
        timeframe: str | int,
        platform: str | None,
        rr_config: str,
    ) -> tuple[Call[SignalData], PathRequest, str]:
        parse_rr_config(rr_config)
        series, name = await in_thread(self._answers.market, account, symbol, platform, timeframe)
        call = SIGNAL_CALL.with_exits(rr_config)
        return call, self._answers.signal_request(series, rr_config), name
