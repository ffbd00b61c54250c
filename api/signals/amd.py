"""The phase of a market: accumulation, manipulation, distribution."""

from typing import Any

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.middleware import symbol_of
from api.http.schemas import TaskQueued
from api.http.short_work import ShortWork
from api.http.threads import in_thread
from api.signals.answers import EngineAnswers
from api.signals.schemas import AmdQuery
from core.answers.amd import AmdData
from core.errors import StillComputing
from core.requests import AmdRequest
from core.robots.accounts import Account
from core.signals import AMD_ANSWER
from storage.models.answer_cache import AnswerCache, Asked
from tasks.task_table import DETECT_AMD

_ANSWERS: dict[int, Any] = {200: AmdData, 202: TaskQueued}


class AmdResource:
    """`POST /api/amd/{symbol}`, and the same at `/api/ml/amd/{symbol}`"""

    def __init__(self, answers: EngineAnswers, kept: AnswerCache, work: ShortWork) -> None:
        self._answers = answers
        self._kept = kept
        self._work = work

    @operation("detect_amd", "engine", _ANSWERS, errors=(404, 422), more=TASK)
    async def on_post(self, req: Request, resp: Response, symbol: str, query: AmdQuery) -> None:
        """Tell the phase of a market's newest finished candle, with its test beside it.

        The phase follows from that candle and earlier ones only. `confidence` is how often what
        the phase claims came true before in this series; `position_size` is 0 unless prices
        were shown to go where the phase points.
        """
        await self._answer(req, resp, symbol, query)

    @operation("detect_amd_proxy", "engine", _ANSWERS, errors=(404, 422), more=TASK)
    async def on_post_proxy(
        self, req: Request, resp: Response, symbol: str, query: AmdQuery
    ) -> None:
        """Tell the same as `POST /api/amd/{symbol}`."""
        await self._answer(req, resp, symbol, query)

    async def _answer(self, req: Request, resp: Response, symbol: str, query: AmdQuery) -> None:
        question, name, found = await self._held(req.context.account, symbol_of(symbol), query)
        if found is None:
            found = await self._work.result(req, resp, DETECT_AMD, _request(question), question)
        if found is not None:
            resp.media = msgspec.structs.replace(found, symbol=name)

    async def find(self, account: Account | None, symbol: str, timeframe: str) -> AmdData:
        """Return the phase of a market, waiting up to 10 s for it; raises as the route answers."""
        query = AmdQuery(timeframe=timeframe)
        question, name, found = await self._held(account, symbol, query)
        if found is None:
            found = await self._work.answer(DETECT_AMD, _request(question), question)
        if found is None:
            raise StillComputing("The phase takes longer than 10 s; ask again.")
        return msgspec.structs.replace(found, symbol=name)

    async def _held(
        self, account: Account | None, symbol: str, query: AmdQuery
    ) -> tuple[Asked, str, AmdData | None]:
        market = self._answers.market
        series, name = await in_thread(
            market, account, symbol, query.platform, query.timeframe, folded=True
        )
        question = Asked(AMD_ANSWER, series, query.lookback_periods)
        held = await in_thread(self._kept.find, question)
        return question, name, msgspec.json.decode(held, type=AmdData) if held else None


def _request(question: Asked) -> AmdRequest:
    parts = msgspec.structs.asdict(question.series)
    return AmdRequest(**parts, lookback=question.horizon)
