"""Answers about any market under the names users say: at hand in Redis, or asked of a worker."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec
from falcon.asgi import Request, Response

from api.http.short_work import ShortWork
from api.http.threads import in_thread
from api.markets.in_plan import check_in_plan
from api.markets.symbol_resolver import SymbolResolver
from api.robots.offered import OfferedSlots
from api.v1.forecast_answers import Call
from core.clock.resolutions import parse_resolution
from core.errors import StillComputing, Unavailable
from core.requests import PathRequest
from core.robots.accounts import Account
from core.series import Market, Series
from core.signals import RANGE_HORIZONS, nothing_trained, path_target
from storage.stores import Stores

Data = TypeVar("Data")


class NamedSeries(NamedTuple):
    """A series, and what its symbol is called in the answer."""

    series: Series
    name: str


class EngineAnswers:
    """Finds series and answers for the routes of dashboards; `ahead` are signals' horizons."""

    def __init__(
        self,
        stores: Stores,
        work: ShortWork,
        symbols: SymbolResolver,
        offered: OfferedSlots,
        ahead: Mapping[int, int],
    ) -> None:
        self._stores = stores
        self._work = work
        self._symbols = symbols
        self._offered = offered
        self._ahead = ahead

    def market(
        self,
        account: Account | None,
        symbol: str,
        platform: str | None,
        timeframe: str | int,
        *,
        folded: bool = False,
    ) -> NamedSeries:
        """Return the market that a name means; `folded` also where its candles can be made.

        Raises `NotFound` for one that is unknown or has no such candles, `InvalidRequest`
        where several are meant, and `NotInPlan` for what the account may not see.
        """
        resolution = parse_resolution(timeframe, "timeframe")
        series = self._symbols.series(symbol, platform, resolution, account, folded=folded)
        check_in_plan(account, (self.name_of(series), series.symbol), resolution)
        held = len(self._stores.candles.read(series, limit=1, newest=True))
        if not held and not (folded and self._stores.folded.source(series)):
            raise self._symbols.no_candles(account, series, self._stores.candles)
        return NamedSeries(series, symbol)

    def usual(self, account: Account | None, resolution: int) -> list[NamedSeries]:
        """Return the markets that are meant where none is named: watched ones and offered ones."""
        found = {slot.target.series: None for slot in self._offered.now(account)}
        if account is None:
            found |= {watch.series: None for watch in self._stores.watches.list()}
        return [
            NamedSeries(series, self.name_of(series))
            for series in found
            if series.resolution == resolution
        ]

    def signal_request(self, series: Series, rr_config: str) -> PathRequest:
        """Return what is asked for a signal of a series."""
        ahead = self._ahead[series.resolution]
        return PathRequest(**msgspec.structs.asdict(series), horizon=ahead, rr_config=rr_config)

    def trained_ranges(self, series: Series, call: Call[Any], asked: Sequence[int]) -> list[int]:
        """Return the horizons to answer: those asked for, or of the usual those that are trained.

        Raises `ModelUnavailable` where none is.
        """
        wanted = list(dict.fromkeys(asked)) or list(RANGE_HORIZONS)
        if asked:
            return wanted
        targets = [path_target(series, ahead, call.model) for ahead in wanted]
        champion = self._stores.registry.champion_id
        trained = [target.horizon for target in targets if champion(target) is not None]
        if not trained:
            raise nothing_trained(targets[0])
        return trained

    def name_of(self, series: Series) -> str:
        """Return what users call the market of a series: its symbol where that cannot be known."""
        with suppress(Unavailable):
            return self._symbols.names().name_of(Market(series.platform, series.symbol))
        return series.symbol

    async def answer(self, call: Call[Data], request: PathRequest) -> Data:
        """Return an answer, waiting up to 10 s for it.

        Raises `ModelUnavailable` where nothing is trained or it takes longer, `TaskFailed` if
        the work fails.
        """
        held = await in_thread(self._held, call, request)
        if held is not None:
            return msgspec.json.decode(held, type=call.task.answer)
        question = call.asked(request.series, request.horizon)
        found = await self._work.answer(call.task, request, question)
        if found is None:
            raise StillComputing("The answer takes longer than 10 s; ask again.")
        return found

    async def answer_or_task(
        self, req: Request, resp: Response, call: Call[Data], request: PathRequest
    ) -> Data | None:
        """Return an answer; None if the response was made a 202, as `Prefer` may want."""
        held = await in_thread(self._held, call, request)
        if held is not None:
            return msgspec.json.decode(held, type=call.task.answer)
        question = call.asked(request.series, request.horizon)
        return await self._work.result(req, resp, call.task, request, question)

    def _held(self, call: Call[Any], request: PathRequest) -> bytes | None:
        held = self._stores.answers.find(call.asked(request.series, request.horizon))
        if held is None:
            call.check_trained(self._stores, request.series, request.horizon)
        return held
