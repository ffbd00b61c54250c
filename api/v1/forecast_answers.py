"""Answers about the path ahead: at hand in Redis, or asked of a worker."""

from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from falcon.asgi import Request, Response

from api.http.short_work import ShortWork
from api.http.threads import in_thread
from api.markets.symbol_resolver import SymbolResolver
from api.v1.named_series import named_series, no_candles_of
from api.v1.schemas_signals import PredictionRequest, SignalRequest
from core.clock.resolutions import parse_resolution
from core.requests import PathRequest
from core.risk_reward import USUAL
from core.series import Series
from core.signals import (
    RESOLUTION,
    SIGNAL_MODEL,
    check_any_horizon,
    check_horizon,
    nothing_trained,
    path_target,
    signal_answer,
    signal_model,
)
from storage.models.answer_cache import Asked
from storage.stores import Stores
from tasks.task_table import Task

Data = TypeVar("Data")


class Call(NamedTuple, Generic[Data]):
    """A kind of answer, the model behind it, and the task that gives it."""

    name: str
    model: str
    task: Task[PathRequest, Data]

    def with_exits(self, rr_config: str) -> "Call[Data]":
        """Return the call of a model of signals with such exits."""
        if self.model != SIGNAL_MODEL:
            return self
        model = signal_model(rr_config)
        return self._replace(name=signal_answer(model), model=model)

    def asked(self, series: Series, horizon: int) -> Asked:
        """Return the question by which its answer is kept."""
        return Asked(self.name, series, horizon)

    def check_trained(self, stores: Stores, series: Series, horizon: int) -> None:
        """Raise `ModelUnavailable` where no model is there to give it."""
        target = path_target(series, horizon, self.model)
        if stores.registry.champion_id(target) is None:
            raise nothing_trained(target)


class Found(NamedTuple, Generic[Data]):
    """An answer, and whether it was at hand."""

    data: Data
    cached: bool


def check_ahead(timeframe: str | int | None, horizon: int) -> int:
    """Return the length (s) of the candles that are meant, once the horizon is one of theirs."""
    if timeframe is None:
        check_horizon(horizon)
        return RESOLUTION
    check_any_horizon(horizon)
    return parse_resolution(timeframe, "timeframe")


class Outlooks:
    """Finds answers for all resources that give them."""

    def __init__(self, stores: Stores, work: ShortWork, symbols: SymbolResolver) -> None:
        self._stores = stores
        self._work = work
        self._symbols = symbols

    async def find(
        self,
        req: Request,
        resp: Response,
        wanted: PredictionRequest | SignalRequest,
        call: Call[Data],
    ) -> Found[Data] | None:
        """Return the answer; None if the response was made a 202.

        Raises `InvalidRequest` for a market without candles, and
        `ModelUnavailable` for one without a trained model.
        """
        resolution = check_ahead(wanted.timeframe, wanted.horizon)
        exits = getattr(wanted, "rr_config", USUAL.name)
        call = call.with_exits(exits)
        series, held = await in_thread(self._look, wanted, resolution, call)
        if held is not None:
            return Found(msgspec.json.decode(held, type=call.task.answer), cached=True)
        request = PathRequest(
            **msgspec.structs.asdict(series), horizon=wanted.horizon, rr_config=exits
        )
        once = call.asked(series, wanted.horizon)
        data = await self._work.result(req, resp, call.task, request, once)
        return None if data is None else Found(data, cached=False)

    def series(self, symbol: str, platform: str | None, resolution: int = RESOLUTION) -> Series:
        """Return the series that is meant, of whatever source.

        Raises `InvalidRequest` if there is none, or several.
        """
        series = named_series(self._symbols, symbol, platform, resolution)
        if not len(self._stores.candles.read(series, limit=1, newest=True)):
            raise no_candles_of(series.symbol, series.resolution, self._symbols)
        return series

    def _look(
        self, wanted: PredictionRequest | SignalRequest, resolution: int, call: Call[Any]
    ) -> tuple[Series, bytes | None]:
        series = named_series(self._symbols, wanted.symbol, wanted.platform, resolution)
        held = self._stores.answers.find(call.asked(series, wanted.horizon))
        if held is None:
            series = self.series(wanted.symbol, wanted.platform, resolution)
            call.check_trained(self._stores, series, wanted.horizon)
        return series, held
