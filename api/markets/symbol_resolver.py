"""What a symbol in a request means, for every route and socket that takes the names users say."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from api.candles.requested_series import fetchable_series, no_candles, stored_market
from api.markets.in_plan import check_in_plan, is_in_plan
from core.errors import InvalidRequest, NotFound
from core.platforms import fetched_resolution
from core.robots.accounts import Account
from core.series import Market, Series
from core.symbols.market_names import MarketNames, usual_market
from storage.candles.candle_store import CandleStore
from storage.markets.known_markets import Known, KnownMarkets

Found = TypeVar("Found")


class SymbolResolver:
    """Finds markets by name; its methods block, and raise what `MarketNames.find` does.

    `told` are the settings' names, `usual` the market that a request without any means.
    """

    def __init__(
        self, known: KnownMarkets, told: Mapping[str, Market], default_platform: str, usual: Market
    ) -> None:
        self._known = known
        self._told = dict(told)
        self._default = default_platform
        self._usual = usual
        # Names among markets with candles of a length, or with such as make them; 0: among all.
        self._made: tuple[Known | None, dict[tuple[int, bool], MarketNames]] = None, {}

    def market(
        self, name: str, platform: str | None = None, account: Account | None = None
    ) -> Market:
        """Return the market that a name means, of those of which anything is known.

        Whether the account may see it is another question; errors name none that it may not.
        """
        may_see = partial(self.may_see, account)
        return self._seek(lambda: self.names().find(name, platform, may_see))

    def series(
        self,
        name: str,
        platform: str | None,
        resolution: int,
        account: Account | None = None,
        *,
        folded: bool = False,
    ) -> Series:
        """Return the series that a name means: of the markets with such candles.

        With `folded`, of those with candles that such ones can be made of. Where no market of
        the name has any, the series of the market that the name means. The account as in
        `market`.
        """
        may_see = partial(self.may_see, account, resolution=resolution)

        def find() -> Market:
            try:
                return self.names(resolution, folded=folded).find(name, platform, may_see)
            except NotFound:
                return self.names().find(name, platform, may_see)

        return Series(*self._seek(find), resolution)

    def may_see(
        self, account: Account | None, market: Market, resolution: int | None = None
    ) -> bool:
        """Say whether an account may see candles of a length (s) of a market, or of any length."""
        return account is None or is_in_plan(account, self._said(market), resolution)

    def no_candles(self, account: Account | None, series: Series, store: CandleStore) -> NotFound:
        """Return the error that no candles of a series are held, with near ones it may see."""
        return no_candles(
            series, store, lambda one: self.may_see(account, _market_of(one), one.resolution)
        )

    def check_in_plan(
        self, account: Account | None, market: Market, resolution: int | None = None
    ) -> None:
        """Raise `NotInPlan` for what an account may not see."""
        check_in_plan(account, self._said(market), resolution)

    def _said(self, market: Market) -> tuple[str, str]:
        return self.names().name_of(market), market.symbol

    def fetchable(self, name: str, platform: str | None, resolution: int) -> Series:
        """Return the series of a market that may be new: usual, or on a platform that is named.

        Of candles that the platform does not offer, those that make them. Raises `NotFound`
        for a platform that candles cannot be fetched from.
        """
        try:
            market = self.market(name, platform)
        except NotFound:
            usual = usual_market(name, platform)
            if usual is None and platform is None:
                raise
            market = usual or stored_market(platform or self._default, name)
        return fetchable_series(*market, fetched_resolution(market.platform, resolution))

    def resolutions(self, market: Market, *, fresh: bool = False) -> list[int]:
        """Return the lengths (s) of the candles that are held of a market, ascending."""
        known = self._known.all(fresh=fresh)
        of_market = (one for one in known.series if _market_of(one) == market)
        return [one.resolution for one in of_market]

    def held(self) -> frozenset[Market]:
        """Return the markets of which candles are held or live messages were accepted, by now."""
        known = self._known.all(fresh=True)
        return frozenset(map(_market_of, known.series)) | known.traded

    def names(self, resolution: int = 0, *, folded: bool = False) -> MarketNames:
        """Return the names of all markets, or of those with candles as `series` says."""
        known, made = self._made
        now = self._known.all()
        if known is not now:
            made = {}
            self._made = now, made
        wanted = resolution, folded
        if wanted not in made:
            made[wanted] = MarketNames(self._markets(now, *wanted), self._told, self._default)
        return made[wanted]

    def _markets(self, known: Known, resolution: int, folded: bool) -> Iterable[Market]:
        if not resolution:
            return {*known.markets, *self._told.values(), self._usual}
        return {
            _market_of(one)
            for one in known.series
            if one.resolution == resolution or (folded and resolution % one.resolution == 0)
        }

    def _seek(self, find: Callable[[], Found]) -> Found:
        """Return what is found; what is not may have come within the last second."""
        try:
            return find()
        except (NotFound, InvalidRequest):
            self._known.all(fresh=True)
            return find()


def _market_of(series: Series) -> Market:
    return Market(series.platform, series.symbol)
