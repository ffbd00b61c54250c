"""Care of series: what is held of a market, taken out, renamed, and that undone for a day."""

from collections import Counter
from typing import NamedTuple

from falcon.asgi import Request, Response
from msgspec import Struct
from msgspec.structs import asdict

from api.candles.requested_series import no_candles, stored_market, stored_series
from api.docs.openapi import operation
from api.http.middleware import symbol_of
from api.http.schemas import Symbol
from api.http.threads import in_thread
from core.answers.ages import DataAge
from core.clock.times import format_time
from core.errors import Conflict, NotFound
from core.models import KINDS
from core.series import Market, Series, flag_names
from storage.candles.care.moved_series import Move
from storage.live.traded_markets import TradedMarkets
from storage.models.runs import TargetRecord
from storage.service.data_ages import data_ages
from storage.stores import Stores

KEPT = "Rows of ledgers, sealed signals and trainings stay, under the name that they have."


class SeriesDescribed(Struct):
    """What is held of a series, and what hangs on it.

    `holes` are spans without candles while its market was open, by its own sessions, `missing`
    the candles that lack in them, and `flags` how many candles carry which mark. `targets` were
    ever to be trained on it, of which `champions` speak; `ledger_rows` are forecasts of it.
    """

    platform: str
    symbol: str
    resolution: int
    first: str
    last: str
    rows: int
    holes: int
    missing: int
    flags: dict[str, int]
    grid: str
    zone: str | None
    as_of: str | None
    age: int | None
    stale: bool
    traded: bool
    watched: bool
    targets: int
    champions: int
    ledger_rows: int


class MarketDescribed(Struct):
    """Every series of a market."""

    platform: str
    symbol: str
    series: list[SeriesDescribed]


class SeriesMoved(Struct):
    """What was deleted or renamed, or (`dry_run`) would be; `id` undoes it `until` then."""

    dry_run: bool
    id: str | None
    until: str | None
    series: list[SeriesDescribed]
    kept: str = KEPT


class MoveUndone(Struct):
    """The series whose candles are back."""

    series: list[str]


class MoveQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`dry_run` tells what would be done, and does nothing."""

    dry_run: bool = False


class RenameRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """The symbol that the candles get."""

    to: Symbol


class _Hanging(NamedTuple):
    """What is the same for every series that is described at once."""

    ages: dict[Series, DataAge]
    traded: set[Market]
    watched: set[Series]
    targets: list[TargetRecord]


class SeriesCare:
    """What the resources share; blocks."""

    def __init__(self, stores: Stores, traded: TradedMarkets) -> None:
        self._stores = stores
        self._traded = traded

    def series(self, market: Market, resolution: str | None = None) -> list[Series]:
        """Return the series held of a market, or one of them; raises `NotFound`."""
        held = [
            one
            for one in self._stores.candles.all_series()
            if (one.platform, one.symbol) == tuple(market)
        ]
        if resolution is not None:
            asked = stored_series(market.platform, market.symbol, resolution)
            if asked not in held:
                raise no_candles(asked, self._stores.candles)
            return [asked]
        if not held:
            raise NotFound(f"No candles are held of {market} (platform:symbol).")
        return held

    def described(self, series: list[Series]) -> list[SeriesDescribed]:
        """Return what is held of each, but for those that have gone meanwhile."""
        stores = self._stores
        hanging = _Hanging(
            data_ages(stores, series),
            set(self._traded.all()),
            {watch.series for watch in stores.watches.list()},
            list(stores.registry.targets(*KINDS)),
        )
        return [told for one in series if (told := self._describe(one, hanging))]

    def _describe(self, series: Series, hanging: _Hanging) -> SeriesDescribed | None:
        stores = self._stores
        candles = stores.packed.read(series)
        if not len(candles):
            return None
        facts = stores.facts.get(series)
        sessions = stores.freshness.sessions(series, int(candles.time[-1]))
        lacking = sessions.missing_before(candles.time)
        targets = [one for one in hanging.targets if one.target.series == series]
        marks = Counter(candles.flags[candles.flags != 0].tolist())
        flags: Counter[str] = Counter()
        for mark, count in marks.items():
            flags.update(dict.fromkeys(flag_names(mark), count))
        return SeriesDescribed(
            series.platform,
            series.symbol,
            series.resolution,
            format_time(int(candles.time[0]) * 1_000),
            format_time(int(candles.time[-1]) * 1_000),
            len(candles),
            int((lacking > 0).sum()),
            int(lacking.sum()),
            dict(flags),
            str(facts.grid),
            facts.zone or None,
            **asdict(hanging.ages[series]),
            traded=Market(series.platform, series.symbol) in hanging.traded,
            watched=series in hanging.watched,
            targets=len(targets),
            champions=sum(one.champion_id is not None for one in targets),
            ledger_rows=stores.ledger_reader.count(series),
        )

    def delete(self, market: Market, resolution: str | None, *, dry_run: bool) -> SeriesMoved:
        """Delete series; raises `Conflict` for those that would come again by themselves."""
        series = self.series(market, resolution)
        told = self.described(series)
        if dry_run:
            return SeriesMoved(dry_run, None, None, told)
        _check_at_rest(told)
        return _moved(self._stores.moved.delete(series), told)

    def rename(self, market: Market, to: str, *, dry_run: bool) -> SeriesMoved:
        """Rename series of a market; raises as `delete` does, and for a symbol that is held."""
        series, new = self.series(market), stored_market(market.platform, to)
        told = self.described(series)
        if dry_run:
            return SeriesMoved(dry_run, None, None, told)
        _check_at_rest(told)
        return _moved(self._stores.moved.rename(series, new.symbol), told)

    def undo(self, move_id: str) -> MoveUndone:
        """Undo either; raises `NotFound` and `Conflict`."""
        return MoveUndone([str(one) for one in self._stores.moved.undo(move_id).series])


class MarketCandles:
    """`GET` and `DELETE /candles/{platform}/{symbol}`"""

    def __init__(self, care: SeriesCare) -> None:
        self._care = care

    @operation("describe_series", "candles", {200: MarketDescribed}, errors=(404, 422))
    async def on_get(self, req: Request, resp: Response, platform: str, symbol: str) -> None:
        """Describe every series of a market: rows, holes, marks, age, and what hangs on it."""
        market = stored_market(platform, symbol_of(symbol))
        series = await in_thread(self._care.series, market)
        resp.media = MarketDescribed(*market, await in_thread(self._care.described, series))

    @operation("delete_market_candles", "candles", {200: SeriesMoved}, errors=(404, 409, 422))
    async def on_delete(
        self, req: Request, resp: Response, platform: str, symbol: str, query: MoveQuery
    ) -> None:
        """Delete all candles of a market, or (`dry_run`) tell what hangs on them.

        For a day `POST /candles/undo/{id}` brings them back.
        """
        market = stored_market(platform, symbol_of(symbol))
        resp.media = await in_thread(self._care.delete, market, None, dry_run=query.dry_run)


class RenameSeries:
    """`POST /candles/{platform}/{symbol}/rename`"""

    def __init__(self, care: SeriesCare) -> None:
        self._care = care

    @operation("rename_series", "candles", {200: SeriesMoved}, errors=(404, 409), body=True)
    async def on_post(
        self,
        req: Request,
        resp: Response,
        platform: str,
        symbol: str,
        query: MoveQuery,
        json: RenameRequest,
    ) -> None:
        """Give all candles of a market another symbol; models stay with the old one."""
        market = stored_market(platform, symbol_of(symbol))
        resp.media = await in_thread(self._care.rename, market, json.to, dry_run=query.dry_run)


class UndoMove:
    """`POST /candles/undo/{move_id}`"""

    def __init__(self, care: SeriesCare) -> None:
        self._care = care

    @operation("undo_series", "candles", {200: MoveUndone}, errors=(404, 409))
    async def on_post(self, req: Request, resp: Response, move_id: str) -> None:
        """Undo a deletion or a renaming of less than a day ago."""
        resp.media = await in_thread(self._care.undo, move_id)


def _check_at_rest(series: list[SeriesDescribed]) -> None:
    """Raise `Conflict` for candles that would be written again at once."""
    for one in series:
        name = f"{one.platform}:{one.symbol}:{one.resolution}"
        if one.watched:
            raise Conflict(f"{name} is watched and would be fetched again: DELETE /watch first.")
        if one.traded:
            raise Conflict(
                f"Candles of {name} are built from live trades, which are kept: they would come "
                "again. Only markets without live trades can be deleted or renamed."
            )


def _moved(move: Move, series: list[SeriesDescribed]) -> SeriesMoved:
    return SeriesMoved(False, move.id, format_time(move.until), series)
