"""The signals of now, of many markets at once."""

import asyncio
from collections.abc import Sequence

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.errors import TaskFailed
from api.http.threads import in_thread
from api.signals.answers import EngineAnswers, NamedSeries
from api.signals.schemas import (
    MOST_SYMBOLS,
    Abstained,
    ActiveAnswer,
    ActiveQuery,
    SignalResponse,
    SymbolFault,
)
from api.signals.show import show_signal
from api.v1.signals import SIGNAL_CALL
from core.clock.resolutions import parse_resolution
from core.clock.times import format_time, now_ms
from core.errors import InvalidRequest, TickcastError
from core.risk_reward import parse_rr_config
from core.robots.accounts import Account

# What a browser makes of a list that is not there.
_NO_LIST = "undefined"


class ActiveSignals:
    """`GET /api/signals/active`, and the same at `/api/ml/signals/active`"""

    def __init__(self, answers: EngineAnswers) -> None:
        self._answers = answers

    @operation("active_signals", "engine", {200: ActiveAnswer})
    async def on_get(self, req: Request, resp: Response, query: ActiveQuery) -> None:
        """Return the signals of the candles that closed last, by symbols or of all watched.

        Those that advise no position are in `abstained` with the reason, and in `signals` with
        `include=all`. What is wrong with one symbol is in `errors`, and the answer still a 200.
        """
        resp.media = await self._found(req.context.account, query)

    @operation("active_signals_proxy", "engine", {200: ActiveAnswer})
    async def on_get_proxy(self, req: Request, resp: Response, query: ActiveQuery) -> None:
        """Return the same as `GET /api/signals/active`."""
        resp.media = await self._found(req.context.account, query)

    async def _found(self, account: Account | None, query: ActiveQuery) -> ActiveAnswer:
        resolution = parse_resolution(query.timeframe, "timeframe")
        parse_rr_config(query.rr_config)
        names = _names(query.symbols)
        meant: Sequence[NamedSeries | SymbolFault]
        if names:
            meant = await asyncio.gather(*(self._meant(account, query, name) for name in names))
        else:
            meant = await in_thread(self._answers.usual, account, resolution)
        found = await asyncio.gather(*(self._one(one, query.rr_config) for one in meant))
        return _answer(found, everything=query.include == "all")

    async def _meant(
        self, account: Account | None, query: ActiveQuery, name: str
    ) -> NamedSeries | SymbolFault:
        try:
            return await in_thread(
                self._answers.market, account, name, query.platform, query.timeframe
            )
        except TickcastError as error:
            return _fault(name, error)

    async def _one(
        self, meant: NamedSeries | SymbolFault, rr_config: str
    ) -> SignalResponse | SymbolFault:
        if isinstance(meant, SymbolFault):
            return meant
        request = self._answers.signal_request(meant.series, rr_config)
        try:
            data = await self._answers.answer(SIGNAL_CALL.with_exits(rr_config), request)
            return show_signal(data, meant.name, now_ms())
        except TickcastError as error:
            return _fault(meant.name, error)


def _names(symbols: str) -> list[str]:
    """Return the symbols that a list names, each once; raises `InvalidRequest` for too many."""
    named = (name.strip() for name in symbols.split(","))
    names = list(dict.fromkeys(name for name in named if name and name != _NO_LIST))
    if len(names) > MOST_SYMBOLS:
        raise InvalidRequest(
            f"symbols may name {MOST_SYMBOLS} markets, not {len(names)}; ask in parts.",
            field="symbols",
        )
    return names


def _answer(found: list[SignalResponse | SymbolFault], *, everything: bool) -> ActiveAnswer:
    signals = [one for one in found if isinstance(one, SignalResponse)]
    return ActiveAnswer(
        signals=[one for one in signals if everything or one.tradeable],
        generated_at=format_time(now_ms()),
        symbols_processed=[one.symbol for one in found],
        errors=[one for one in found if isinstance(one, SymbolFault)],
        abstained=[Abstained(one.symbol, one.reason) for one in signals if not one.tradeable],
    )


def _fault(name: str, error: TickcastError) -> SymbolFault:
    failed = error.type if isinstance(error, TaskFailed) else type(error).type
    return SymbolFault(name[:64], failed, error.detail)
