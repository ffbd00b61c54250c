"""A simulated MetaApi: candles from files, and accounts at a small broker.

Any token and account are taken but those that begin with `wrong`. An account whose id
begins with `real` is a real one, with `investor` one that may only look, with `mt4` one of
MetaTrader 4; all others are demo accounts of MetaTrader 5. Each begins with 10,000 USD.

Prices are those of the files (`candles/metaapi/...`) at the market's time; EURUSD, GBPUSD and
XAUUSD stand still without files. `POST /simulator/metaapi/{account}` tells what happens there:
`faults` (words of `feeds.simulator.fault_script`; `on` is a path's last word, or `trade`),
`prices` by symbol, positions `by_hand` or closed so, the `region` to which accounts move. A
call's header `simulate-fault` has the same words. A path may begin with `/regions/{region}`,
as hosts do there; of another region than the account's it is a 404.
"""

from aiohttp import web

from feeds.metaapi.simulator.account_routes import ACCOUNT, AccountRoutes
from feeds.metaapi.simulator.candles import PATH, CandleRoute
from feeds.metaapi.simulator.prices import Prices
from feeds.metaapi.simulator.words import error
from feeds.simulator.catalog import Product
from feeds.simulator.faults import Faults
from feeds.simulator.market_clock import MarketClock
from feeds.simulator.simulated import SimulatedVenue

PLATFORM = "metaapi"


def simulate(products: dict[str, Product], clock: MarketClock, faults: Faults) -> SimulatedVenue:
    """Return the routes of MetaApi with these products."""
    candles = CandleRoute(products, clock, faults)
    accounts = AccountRoutes(Prices(products, clock))
    routes = [
        *(web.get(prefix + ACCOUNT + PATH, candles.answer) for prefix in ("", "/regions/{region}")),
        *accounts.routes(),
    ]
    return SimulatedVenue(routes, ("/users/", "/regions/", "/simulator/metaapi/"), error)
