"""Which markets there are, by the names that users say."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.markets.in_plan import is_in_plan
from api.markets.schemas_data import Symbols, SymbolShown
from api.markets.symbol_resolver import SymbolResolver
from core.clock.resolutions import resolution_name
from core.clock.times import format_time
from core.names import read_symbol
from core.robots.accounts import Account
from core.series import Market, Series
from core.symbols.market_names import USUAL_MARKETS
from storage.markets.snapshots import SnapshotReader
from storage.stores import Stores


class SymbolsResource:
    """`GET /api/symbols`"""

    def __init__(self, stores: Stores, symbols: SymbolResolver) -> None:
        self._candles = stores.candles
        self._snapshots = SnapshotReader(stores.redis, stores.freshness, stores.markets)
        self._symbols = symbols

    @operation("list_symbols", "data", {200: Symbols})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the markets of which something is held, and those that the settings name.

        Before anything is held or named, those that most people ask for first.
        """
        resp.media = await in_thread(self._all, req.context.account)

    def _all(self, account: Account | None) -> Symbols:
        held = self._symbols.held()
        named = self._named(held)
        visible = {
            market: name
            for market, name in named.items()
            if is_in_plan(account, (name, market.symbol))
        }
        shown = self._shown(visible, held)
        names = list(dict.fromkeys(one.symbol for one in shown))
        return Symbols(names, shown)

    def _named(self, held: frozenset[Market]) -> dict[Market, str]:
        """Return the markets to be shown with their names, by name."""
        names = self._symbols.names()
        found = {market: names.name_of(market) for market in {*held, *names.told.values()}}
        if not found:
            found = {market: name for name, market in USUAL_MARKETS.items()}
        return dict(sorted(found.items(), key=lambda pair: (pair[1], pair[0])))

    def _shown(self, named: dict[Market, str], held: frozenset[Market]) -> list[SymbolShown]:
        lengths = {market: self._symbols.resolutions(market) for market in named}
        series = [Series(*market, one) for market in named for one in lengths[market]]
        ends = dict(zip(series, self._candles.ends(series), strict=True))
        quoted = self._snapshots.quoted(list(named))
        shown = []
        for (market, name), quotes in zip(named.items(), quoted, strict=True):
            spans = (ends[Series(*market, one)] for one in lengths[market])
            known = [span for span in spans if span]
            first = min((span[0] for span in known), default=None)
            last = max((span[1] for span in known), default=None)
            shown.append(
                SymbolShown(
                    symbol=name,
                    platform=market.platform,
                    raw=read_symbol(market.symbol),
                    held=bool(known) or market in held,
                    timeframes=[resolution_name(one) for one in lengths[market]],
                    first=None if first is None else format_time(first * 1_000),
                    last=None if last is None else format_time(last * 1_000),
                    quotes=quotes,
                )
            )
        return shown
